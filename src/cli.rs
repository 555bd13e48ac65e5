//! The command line: types for clap, without behaviour.

/// Building from source.
pub mod build;
/// What CI systems call.
pub mod ci;
/// Pins, the default, shells and what else is used every day.
pub mod daily;
/// Locks, bundles and mirrors.
pub mod lock;
/// Reading the command line, and its errors.
mod read;
/// ftpy's own delivery.
pub mod self_cmd;

use clap::{Args, Parser, Subcommand, ValueHint};
use daily::{
    Completions, Config, Default, Doctor, Init, Man, Outdated, Pin, Prune, Run, Setup, Show, Unpin,
    Upgrade, Venv, Which,
};

/// Install and manage free-threaded CPython, beside the GIL builds.
#[derive(Debug, Parser)]
#[command(name = "ftpy", version)]
#[command(
    after_help = "A request is a version with its variant: 3.14t, 3.14.7t, 3.14, 3.14td, \
    \">=3.13t\", pbs:3.14t, conda:3.14t, source:3.13t. Exit codes: 2 usage, 3 not found, 4 network, \
    5 integrity, 6 build, 7 this machine, 8 the GIL was on, 9 it could not be checked, 10 forbidden by policy, 70 a \
    defect of ftpy, 130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Switches that every command has.
    #[command(flatten)]
    pub global: Global,
}

/// Switches that every command has.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Print data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Open no network connection
    #[arg(long, global = true)]
    pub offline: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Install Python builds
    #[command(visible_alias = "i")]
    Install(Install),
    /// Build from source, with flags, patches or a source tree of your own
    Build(Box<build::Build>),
    /// Write into ftpy.lock which bytes the project's requests mean, on each platform
    Lock(lock::Lock),
    /// Carry locked builds to where there is no network
    #[command(subcommand)]
    Bundle(lock::Bundle),
    /// Write a tree of archives that stands for upstream's, for ftpy and for uv
    Mirror(lock::Mirror),
    /// Record an interpreter that is there already, without moving it
    Link(Link),
    /// Find the interpreters of other tools, and link them
    Adopt(Adopt),
    /// Remove installations
    Uninstall(Uninstall),
    /// List what is installed, or what can be
    #[command(visible_alias = "ls")]
    List(List),
    /// Print what is active here, why, and what else is installed
    Show(Show),
    /// Print the path of the program that a name or a request stands for here
    Which(Which),
    /// Write the version file of this directory
    Pin(Pin),
    /// Remove this directory's version file
    Unpin(Unpin),
    /// Print or set the Python that counts where nothing is pinned
    Default(Default),
    /// Install the newest patch of what is installed, side by side
    Upgrade(Upgrade),
    /// List what `ftpy upgrade` would install
    Outdated(Outdated),
    /// Remove old patches that nothing uses
    Prune(Prune),
    /// Make a virtual environment that follows patch upgrades
    Venv(Venv),
    /// Run a command with an installation first on PATH
    Run(Run),
    /// Hash the installed files again and start the interpreters
    Verify(Verify),
    /// Look for what is wrong with shims, installations, pins and the environment
    Doctor(Doctor),
    /// Print what a shell has to evaluate to find the shims
    Init(Init),
    /// Put the shims on PATH in the shell's profile
    Setup(Setup),
    /// Print the completions of a shell
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
    /// Look at or change the settings
    #[command(subcommand)]
    Config(Config),
    /// Look at or empty the download cache
    #[command(subcommand)]
    Cache(Cache),
    /// Print the directory of the store
    Dir,
    /// Look at or update the list of known builds
    #[command(subcommand)]
    Index(Index),
    /// Set up CI: installations, keys for caches, matrices
    #[command(subcommand)]
    Ci(ci::Ci),
    /// Update or remove ftpy itself
    #[command(name = "self", subcommand)]
    SelfCommand(self_cmd::SelfCommand),
}

/// `ftpy install`
#[derive(Debug, Args)]
pub struct Install {
    /// What to install: 3.14t, 3.14.7t, 3.14, 3.14td, ">=3.13t", pbs:3.14t; if nothing is
    /// named, every version that the nearest version file names
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Take builds from these sources only, in this order: pbs, conda, distro, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Ask these conda channels, in this order: a name, a URL, a path
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub channel: Vec<String>,
    /// Do not compile
    #[arg(long)]
    pub no_build: bool,
    /// Print the plan and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: what each source has, and why the first was taken
    #[arg(long, requires = "dry_run")]
    pub explain: bool,
    /// Install again what is installed
    #[arg(long)]
    pub reinstall: bool,
    /// Install the twin, too: the same build with the GIL, or without it
    #[arg(long)]
    pub twin: bool,
    /// Go on with a build from source that failed or was interrupted
    #[arg(long)]
    pub resume: bool,
    /// Install exactly what ftpy.lock says, or nothing
    #[arg(long, conflicts_with_all = ["from", "channel", "explain", "allow_unverified"])]
    pub locked: bool,
    /// Accept an archive of which no sha256 is known
    #[arg(long)]
    pub allow_unverified: bool,
    /// Run the link scripts that conda packages bring
    #[arg(long)]
    pub allow_scripts: bool,
    /// What every command has that compiles
    #[command(flatten)]
    pub compiling: build::Compiling,
}

/// `ftpy link`
#[derive(Debug, Args)]
pub struct Link {
    /// What to call it
    pub name: String,
    /// The interpreter, or the prefix that it is in
    #[arg(value_hint = ValueHint::AnyPath)]
    pub path: std::path::PathBuf,
    /// Take the name over from another interpreter
    #[arg(long)]
    pub force: bool,
}

/// `ftpy adopt`
#[derive(Debug, Args)]
pub struct Adopt {
    /// Link all that are found
    #[arg(long)]
    pub all: bool,
    /// Only show what would be linked
    #[arg(long)]
    pub dry_run: bool,
}

/// `ftpy uninstall`
#[derive(Debug, Args)]
pub struct Uninstall {
    /// What to remove; every installation that meets the request goes
    #[arg(required_unless_present = "all", value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Remove everything
    #[arg(long, conflicts_with = "requests")]
    pub all: bool,
    /// Have the package manager remove the packages, too, where it installed them
    #[arg(long)]
    pub purge: bool,
    /// Do not ask
    #[arg(short, long, requires = "purge")]
    pub yes: bool,
}

/// `ftpy list`
#[derive(Debug, Args)]
pub struct List {
    /// Only what meets this request
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
    /// What can be installed on this machine
    #[arg(long)]
    pub available: bool,
    /// The requests that what is installed meets, one a line: what shells complete
    #[arg(long, conflicts_with_all = ["available", "request"])]
    pub requests: bool,
    /// Every patch, not only the newest of each minor
    #[arg(long, requires = "available")]
    pub all: bool,
    /// What these sources have; conda is asked only if it is named here
    #[arg(
        long,
        requires = "available",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub from: Vec<String>,
    /// Ask these conda channels, in this order: a name, a URL, a path
    #[arg(
        long,
        requires = "available",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub channel: Vec<String>,
}

/// `ftpy verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Only what meets this request
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
}

/// `ftpy cache`
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Cache {
    /// Print the directory
    Dir,
    /// Print how large it is
    Size,
    /// Remove all downloads
    Clean,
}

/// `ftpy index`
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Index {
    /// Fetch the list of builds of python-build-standalone
    Update,
    /// Print which list is in use
    Show,
}
