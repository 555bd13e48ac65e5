//! The command line of what is used every day: types for clap, without behaviour.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// `ftpy show`
#[derive(Debug, Args)]
pub struct Show {}

/// `ftpy which`
#[derive(Debug, Args)]
pub struct Which {
    /// A shim's name (python, python3.14t, pip) or a request (3.14t)
    #[arg(value_name = "NAME", value_hint = ValueHint::Other)]
    pub name: String,
    /// Say on stderr how the answer came about
    #[arg(long)]
    pub explain: bool,
}

/// `ftpy run`
#[derive(Debug, Args)]
pub struct Run {
    /// The installation to run with
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: String,
    /// Fail if the GIL is on at the end, and name every module that turned it on
    #[arg(long)]
    pub require_nogil: bool,
    /// Write what was found to a file, too: as JSON, or as SARIF where its name ends in .sarif
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// What a sanitizer is not to report, beside CPython's own list
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub suppressions: Vec<PathBuf>,
    /// End the program at a sanitizer's first report
    #[arg(long)]
    pub halt_on_error: bool,
    /// The command and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<OsString>,
}

/// `ftpy pin`
#[derive(Debug, Args)]
pub struct Pin {
    /// What to pin: 3.14t, 3.14.7t, 3.14; without it, what is pinned is printed
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
    /// Pin the exact patch that the request means now
    #[arg(long)]
    pub exact: bool,
    /// Also where the file has a line that cannot be used, or other tools cannot read the pin
    #[arg(long)]
    pub force: bool,
    /// Install it, too
    #[arg(long)]
    pub install: bool,
}

/// `ftpy unpin`
#[derive(Debug, Args)]
pub struct Unpin {}

/// `ftpy default`
#[derive(Debug, Args)]
pub struct Default {
    /// The request, or `none`; without it, the default is printed
    #[arg(value_name = "REQUEST|none", value_hint = ValueHint::Other)]
    pub request: Option<String>,
}

/// `ftpy config`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print every setting
    List,
    /// Print one setting
    Get {
        /// default, auto-install, python3t, sources
        name: String,
    },
    /// Change one setting
    Set {
        /// default, auto-install, python3t, sources
        name: String,
        /// What it becomes
        value: String,
    },
    /// Forget one setting
    Unset {
        /// default, auto-install, python3t, sources
        name: String,
    },
}

/// `ftpy upgrade`
#[derive(Debug, Args)]
pub struct Upgrade {
    /// Only these: 3.14t, 3.14; everything installed if nothing is named
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Do not compile
    #[arg(long)]
    pub no_build: bool,
    /// Print the plans and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `ftpy outdated`
#[derive(Debug, Args)]
pub struct Outdated {
    /// Only these: 3.14t, 3.14
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
}

/// `ftpy prune`
#[derive(Debug, Args)]
pub struct Prune {
    /// Remove what is listed
    #[arg(short, long)]
    pub yes: bool,
    /// Forget projects and virtual environments that are not there now, as on a disk that is not
    /// mounted
    #[arg(long)]
    pub forget_missing: bool,
}

/// `ftpy venv`
#[derive(Debug, Args)]
pub struct Venv {
    /// Where
    #[arg(default_value = ".venv", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// With which Python; what is active here if not said
    #[arg(short, long = "python", value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub python: Option<String>,
    /// Stay with this patch when a newer one is installed
    #[arg(long)]
    pub exact: bool,
    /// Empty the directory first
    #[arg(long)]
    pub clear: bool,
    /// See the packages of the installation, too
    #[arg(long)]
    pub system_site_packages: bool,
    /// Without pip
    #[arg(long)]
    pub without_pip: bool,
}

/// `ftpy doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Mend what can be mended without losing anything
    #[arg(long)]
    pub fix: bool,
}

/// A shell that ftpy can be set up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// nushell
    Nu,
    /// PowerShell
    Pwsh,
}

impl ShellName {
    /// The name of its program, which is what a person types here, too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Nu => "nu",
            Self::Pwsh => "pwsh",
        }
    }
}

/// `ftpy init`
#[derive(Debug, Args)]
pub struct Init {
    /// Which shell
    pub shell: ShellName,
}

/// `ftpy setup`
#[derive(Debug, Args)]
pub struct Setup {
    /// For which shell; the login shell if not said
    #[arg(long, value_name = "SHELL")]
    pub shell: Option<ShellName>,
    /// Take out again what setup put in
    #[arg(long)]
    pub undo: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would change and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `ftpy completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    pub shell: ShellName,
}

/// `ftpy man`
#[derive(Debug, Args)]
pub struct Man {
    /// Where to write the pages; without it, the page of ftpy itself is printed
    #[arg(value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
}
