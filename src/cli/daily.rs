//! The command line of the everyday commands: types for clap, without behaviour.

use crate::cli::check::GilCheck;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Show {
    /// Print one line: the active Python, and why it is active
    #[arg(long, conflicts_with = "prefix")]
    pub active: bool,
    /// Print the prefix of the active Python
    #[arg(long)]
    pub prefix: bool,
}

#[derive(Debug, Args)]
pub struct Which {
    /// A shim's name (python, python3.14t, pip) or a request (3.14t)
    #[arg(value_name = "NAME", value_hint = ValueHint::Other)]
    pub name: String,
    /// Explain the answer on stderr
    #[arg(long)]
    pub explain: bool,
    /// Print the prefix of the installation instead of the program
    #[arg(long)]
    pub prefix: bool,
}

#[derive(Debug, Args)]
pub struct Run {
    /// The installation to run with; `ftpy run -- COMMAND` uses the activated virtual environment,
    /// else the active installation, and `ftpy run SCRIPT.py` what the script asks for
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: String,
    /// Install it first if it is missing
    #[arg(long)]
    pub install: bool,
    /// Run the first word as a Python script, whatever its name is
    #[arg(short, long)]
    pub script: bool,
    /// Fail if the GIL is on at exit, and name every module that turned it on
    #[arg(long)]
    pub require_nogil: bool,
    /// Also write the report to a file: JSON, or SARIF if its name ends in .sarif
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// A sanitizer suppression file, used in addition to CPython's own
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub suppressions: Vec<PathBuf>,
    /// End the program at a sanitizer's first report
    #[arg(long)]
    pub halt_on_error: bool,
    /// The command and its arguments; a script (SCRIPT.py, or - for stdin) runs with the
    /// dependencies that it lists (PEP 723)
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<OsString>,
}

impl Run {
    /// The request of `ftpy run -- COMMAND` and `ftpy run SCRIPT.py`, which name none.
    pub const ACTIVE: &str = "the active Python";

    /// Returns whether a file name is that of a Python program.
    #[must_use]
    pub fn is_script_name(name: &str) -> bool {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        let known = ["py", "pyw", "pyc", "pyz"];
        name == "-" || ending.is_some_and(|it| known.iter().any(|one| it.eq_ignore_ascii_case(one)))
    }

    /// Returns the request; `None` for the active Python.
    #[must_use]
    pub fn request(&self) -> Option<&str> {
        Some(self.request.as_str()).filter(|text| *text != Self::ACTIVE)
    }
}

#[derive(Debug, Args)]
pub struct Pin {
    /// What to pin: 3.14t, 3.14.7t, 3.14; several replace the whole list, the active one first
    /// [default: print the current pins]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Pin the exact patch release that is installed
    #[arg(long)]
    pub exact: bool,
    /// Pin even if the file has an invalid line or other tools cannot read the pin
    #[arg(long)]
    pub force: bool,
    /// Also install it
    #[arg(long)]
    pub install: bool,
}

#[derive(Debug, Args)]
pub struct Unpin {}

#[derive(Debug, Args)]
pub struct Default {
    /// The new default, or `none` to unset it [default: print the current one]
    #[arg(value_name = "REQUEST|none", value_hint = ValueHint::Other)]
    pub request: Option<String>,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
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
        /// The new value
        value: String,
    },
    /// Reset one setting
    Unset {
        /// default, auto-install, python3t, sources
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Upgrade {
    /// What to upgrade: 3.14t, 3.14 [default: every installation]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Do not build from source
    #[arg(long)]
    pub no_build: bool,
    /// Also install the packages of the old installation into the new one, at the same versions
    #[arg(long)]
    pub with_packages: bool,
    /// With --with-packages: build packages that have no wheel, which runs their code
    #[arg(long, requires = "with_packages")]
    pub allow_sdists: bool,
    /// Print the plans without executing them
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Outdated {
    /// What to check: 3.14t, 3.14 [default: every installation]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Exit with code 1 if something is outdated
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct Prune {
    /// Remove the listed installations
    #[arg(short, long)]
    pub yes: bool,
    /// Forget projects and virtual environments that are missing, for example because their disk
    /// is not mounted
    #[arg(long)]
    pub forget_missing: bool,
}

#[derive(Debug, Args)]
pub struct Venv {
    /// The directory to create
    #[arg(default_value = ".venv", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// The Python to use, or the path of an interpreter [default: the active one]
    #[arg(short, long = "python", value_name = "REQUEST|PATH", value_hint = ValueHint::Other)]
    pub python: Option<String>,
    /// Keep this patch release when a newer one is installed
    #[arg(long)]
    pub exact: bool,
    /// Empty the directory first
    #[arg(long)]
    pub clear: bool,
    /// Recreate the environment's own files in an existing directory, and keep the others
    #[arg(long, conflicts_with = "clear")]
    pub allow_existing: bool,
    /// The name that the shell's prompt shows [default: the name of the directory]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub prompt: Option<String>,
    /// Also use the packages of the installation
    #[arg(long)]
    pub system_site_packages: bool,
    /// Do not install pip
    #[arg(long)]
    pub without_pip: bool,
    /// Install the packages of a requirements file, with uv if it is on PATH, else with pip
    #[arg(short, long = "requirements", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub requirements: Vec<PathBuf>,
    /// Whether to check the packages.
    #[command(flatten)]
    pub gil_check: GilCheck,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Fix problems that can be fixed without losing anything
    #[arg(long)]
    pub fix: bool,
}

/// A shell that ftpy supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// bash
    Bash,
    /// sh, ash, dash or ksh
    #[value(aliases = ["ash", "dash", "ksh"])]
    Sh,
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
    /// The name of its program, also used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Sh => "sh",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Nu => "nu",
            Self::Pwsh => "pwsh",
        }
    }
}

#[derive(Debug, Args)]
pub struct Init {
    /// The shell
    pub shell: ShellName,
}

#[derive(Debug, Args)]
pub struct Setup {
    /// The shell to set up [default: the login shell]
    #[arg(long, value_name = "SHELL")]
    pub shell: Option<ShellName>,
    /// Remove what setup added
    #[arg(long)]
    pub undo: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Show the changes without making them
    #[arg(long)]
    pub dry_run: bool,
}

/// Accepts the shells that have completions: all but sh.
fn with_completions() -> impl TypedValueParser<Value = ShellName> {
    let shells = ShellName::value_variants().iter();
    let shells = shells.filter(|shell| **shell != ShellName::Sh);
    PossibleValuesParser::from(shells.filter_map(ValueEnum::to_possible_value))
        .try_map(|name| ShellName::from_str(&name, false))
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_parser = with_completions())]
    pub shell: ShellName,
}

#[derive(Debug, Args)]
pub struct Help {
    /// A command or a topic [default: list all of them]
    #[arg(value_name = "COMMAND|TOPIC")]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Man {
    /// A command or a topic, to print its page, or a directory to write all pages to [default:
    /// print the main page]
    #[arg(value_name = "NAME|DIRECTORY", value_hint = ValueHint::DirPath)]
    pub place: Option<PathBuf>,
}
