//! The command line: types for clap, without behaviour.
//!
//! clap builds the arguments of a command only when the command is used (`defer`): building those
//! of all commands would be a third of the time that `ftpy show` takes.

#![allow(
    missing_docs,
    reason = "a doc comment on the type would replace the command's description"
)]

/// `ftpy bench`.
pub mod bench;
/// Building from source.
pub mod build;
/// `ftpy check`.
pub mod check;
/// `ftpy ci`.
pub mod ci;
/// Everyday commands: pins, the default, shells, virtual environments.
pub mod daily;
/// `ftpy kernel`.
pub mod kernel;
/// Locks, bundles and mirrors.
pub mod lock;
/// Commands of other tools.
mod other_tools;
/// Reading the command line, and its errors.
mod read;
/// `ftpy self`.
pub mod self_cmd;
/// `ftpy check --survey`.
pub mod survey;

use clap::{Args, Parser, Subcommand, ValueHint};
use daily::{
    Completions, Config, Default, Doctor, Help, Init, Man, Outdated, Pin, Prune, Run, Setup, Show,
    Unpin, Upgrade, Venv, Which,
};
use std::path::PathBuf;

/// Install and manage free-threaded CPython, beside the GIL builds.
#[derive(Debug, Parser)]
#[command(name = "ftpy", version, disable_help_subcommand = true)]
#[command(
    after_help = "A request is a version with its variant: 3.14t, 3.14.7t, 3.14, 3.14td, \
    \">=3.13t\", pbs:3.14t, conda:3.14t, source:3.13t. Exit codes: 1 findings, 2 usage, 3 not found, \
    4 network, 5 integrity, 6 build, 7 system, 8 GIL on, 9 GIL not checked, 10 forbidden by \
    policy, 70 internal error, 130 interrupted."
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Print data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print less
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Do not use the network
    #[arg(long, global = true)]
    pub offline: bool,
    /// Change to this directory first
    #[arg(
        short = 'C',
        long = "directory",
        global = true,
        value_name = "DIR",
        value_hint = ValueHint::DirPath
    )]
    pub work_directory: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Install Python builds
    #[command(visible_alias = "i")]
    Install(Install),
    /// Build from source, with flags, patches or a source tree of your own
    Build(Box<build::Build>),
    /// Lock the project's requests to exact builds, for each platform
    Lock(lock::Lock),
    /// Carry locked builds to a machine without a network
    #[command(subcommand)]
    Bundle(lock::Bundle),
    /// Write a mirror of upstream's archives, for ftpy and uv
    Mirror(lock::Mirror),
    /// Register an existing interpreter without moving it
    Link(Link),
    /// Find interpreters of other tools and link them
    Adopt(Adopt),
    /// Remove installations
    Uninstall(Uninstall),
    /// List installed or available builds
    #[command(visible_alias = "ls")]
    List(List),
    /// Show the active Python, why it is active, and the other installations
    Show(Show),
    /// Print the path of the program that a name or a request resolves to
    Which(Which),
    /// Pin the Python version of this directory
    Pin(Pin),
    /// Remove the pin of this directory
    Unpin(Unpin),
    /// Print or set the default Python, used where nothing is pinned
    Default(Default),
    /// Install the newest patch releases beside the installed ones
    Upgrade(Upgrade),
    /// List what `ftpy upgrade` would install
    Outdated(Outdated),
    /// Remove unused old patch releases
    Prune(Prune),
    /// Create a virtual environment that follows patch upgrades
    Venv(Venv),
    /// Find dependencies that turn the GIL on, without running them
    Check(Box<check::Check>),
    /// Measure whether free-threading pays for a program
    Bench(Box<bench::Bench>),
    /// Use installations in Jupyter notebooks
    #[command(subcommand)]
    Kernel(kernel::Kernel),
    /// Run a command with an installation first on PATH
    Run(Run),
    /// Verify the hashes of installed files and start the interpreters
    Verify(Verify),
    /// Check shims, installations, pins and the environment for problems
    Doctor(Doctor),
    /// Print shell code that puts the shims on PATH
    Init(Init),
    /// Put the shims on PATH in the shell's profile
    Setup(Setup),
    /// Print shell completions
    Completions(Completions),
    /// Print help for a command or a topic
    Help(Help),
    /// Print or write the manual pages
    Man(Man),
    /// Show or change settings
    #[command(subcommand)]
    Config(Config),
    /// Show or empty the download cache
    #[command(subcommand)]
    Cache(Cache),
    /// Print the store's directory
    Dir,
    /// Show or update the list of known builds
    #[command(subcommand)]
    Index(Index),
    /// Set up CI: installations, cache keys, matrices
    #[command(subcommand)]
    Ci(ci::Ci),
    /// Update or remove ftpy itself
    #[command(name = "self", subcommand)]
    SelfCommand(self_cmd::SelfCommand),
}

#[derive(Debug, Args)]
pub struct Install {
    /// What to install: 3.14t, 3.14.7t, 3.14, 3.14td, ">=3.13t", pbs:3.14t [default: what runs
    /// here: FTPY_PYTHON, else the nearest version file, else the default]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Use only these sources, in this order: pbs, conda, distro, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Use these conda channels, in this order: a name, a URL, a path
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub channel: Vec<String>,
    /// Do not build from source
    #[arg(long)]
    pub no_build: bool,
    /// Print the plan without executing it
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: show what each source has and why one is chosen
    #[arg(long, requires = "dry_run")]
    pub explain: bool,
    /// Reinstall what is already installed
    #[arg(long)]
    pub reinstall: bool,
    /// Also install the twin: the same build with the other GIL setting
    #[arg(long)]
    pub twin: bool,
    /// Resume a build from source that failed or was interrupted
    #[arg(long)]
    pub resume: bool,
    /// Install into this directory instead of the store, without shims: for images
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        conflicts_with = "twin"
    )]
    pub to: Option<PathBuf>,
    /// Install exactly the builds in ftpy.lock, or nothing
    #[arg(long, conflicts_with_all = ["from", "channel", "explain", "allow_unverified"])]
    pub locked: bool,
    /// Accept an archive without a known sha256
    #[arg(long)]
    pub allow_unverified: bool,
    /// Run the link scripts of conda packages
    #[arg(long)]
    pub allow_scripts: bool,
    /// Options of every command that compiles
    #[command(flatten)]
    pub compiling: build::Compiling,
}

#[derive(Debug, Args)]
pub struct Link {
    /// The name to give it
    pub name: String,
    /// The interpreter, or its prefix
    #[arg(value_hint = ValueHint::AnyPath)]
    pub path: std::path::PathBuf,
    /// Take the name from another interpreter
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Adopt {
    /// Link every interpreter found
    #[arg(long)]
    pub all: bool,
    /// Show what would be linked without linking it
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Uninstall {
    /// What to remove: every installation that matches
    #[arg(required_unless_present = "all", value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Remove every installation
    #[arg(long, conflicts_with = "requests")]
    pub all: bool,
    /// Also have the package manager remove packages that it installed for ftpy
    #[arg(long)]
    pub purge: bool,
    /// Do not ask for confirmation, neither for `--purge` nor for a request that matches several
    /// installations
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only installations that match one of these requests
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub filters: Vec<String>,
    /// List builds that can be installed on this machine
    #[arg(long)]
    pub available: bool,
    /// List requests that match installations, one per line, for shell completion
    #[arg(long, conflicts_with_all = ["available", "filters"])]
    pub requests: bool,
    /// List every patch release, not only the newest of each minor
    #[arg(long, requires = "available")]
    pub all: bool,
    /// List builds of these sources; conda is queried only if named here
    #[arg(
        long,
        requires = "available",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub from: Vec<String>,
    /// Use these conda channels, in this order: a name, a URL, a path
    #[arg(
        long,
        requires = "available",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub channel: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Only installations that match these requests
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
#[command(defer = true)]
pub enum Cache {
    /// Print the directory
    Dir,
    /// Print the size
    Size,
    /// Remove all downloads
    Clean,
}

#[derive(Debug, Clone, Copy, Subcommand)]
#[command(defer = true)]
pub enum Index {
    /// Fetch the list of python-build-standalone builds
    Update,
    /// Show which list is in use
    Show,
}
