//! The command line of `ftpy ci`: types for clap, without behaviour.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `ftpy ci`
#[derive(Debug, Subcommand)]
pub enum Ci {
    /// Install, and hand the result to the CI system that this runs in
    Setup(Setup),
    /// Print the versions that a project is tested with, with and without the GIL
    Matrix(Matrix),
    /// Print a key to cache the installations by, without installing
    CacheKey(CacheKey),
}

/// What is to be set up, and from where: shared, so that a key is that of what is set up.
#[derive(Debug, Clone, Args)]
pub struct CiRequests {
    /// What to set up; if nothing is named, what `ftpy.lock` says, else the nearest version file
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Read the requests from this file: a version file, or a pyproject.toml
    #[arg(long, value_name = "FILE", conflicts_with = "requests", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Take free-threaded builds, also where a request does not say `t`
    #[arg(long)]
    pub freethreaded: bool,
    /// With each build, the one of the same version and source with the other threading
    #[arg(long)]
    pub twin: bool,
    /// Take builds from these sources only, in this order: pbs, conda, distro, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Which of several requests `python` is; the first, if nothing is said
    #[arg(long, value_name = "WHICH", value_enum)]
    pub active: Option<Active>,
}

/// Which of several requests the bare names stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Active {
    /// The first, as in a version file
    First,
    /// The last, as in the input of GitHub's setup-python
    Last,
}

/// `ftpy ci setup`
#[derive(Debug, Args)]
pub struct Setup {
    /// What is to be set up.
    #[command(flatten)]
    pub wanted: CiRequests,
    /// Which CI system this runs in, instead of the one that the environment tells
    #[arg(long, value_name = "NAME", value_enum)]
    pub system: Option<SystemName>,
    /// Write the result to this file, too, one NAME=value a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub env_file: Option<PathBuf>,
    /// Start `python` as the next step will, and fail if its GIL is on where the build has none
    #[arg(long)]
    pub check_gil: bool,
}

/// A CI system, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SystemName {
    /// GitHub Actions, and what is compatible with it
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Azure Pipelines
    Azure,
    /// CircleCI
    Circleci,
    /// Buildkite
    Buildkite,
    /// Jenkins
    Jenkins,
    /// None: a shell
    Shell,
}

/// `ftpy ci matrix`
#[derive(Debug, Args)]
pub struct Matrix {
    /// For whom
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Format::Gha)]
    pub format: Format,
    /// The project's directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project: Option<PathBuf>,
    /// Whether free-threaded builds are among them
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = FreeThreaded::Auto)]
    pub freethreaded: FreeThreaded,
}

/// Whose matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// GitHub Actions: one line of JSON for `fromJSON`
    Gha,
    /// tox: environments for `env_list` or `tox -e`
    Tox,
    /// nox: a list for `nox.session(python=...)`
    Nox,
    /// hatch: a table for pyproject.toml
    Hatch,
    /// GitLab: `parallel:matrix`
    Gitlab,
}

/// Whether free-threaded builds are in a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FreeThreaded {
    /// Where the project's classifiers or pins say so
    Auto,
    /// Wherever they exist and are supported
    Always,
    /// Never
    Never,
}

/// `ftpy ci cache-key`
#[derive(Debug, Args)]
pub struct CacheKey {
    /// What would be set up.
    #[command(flatten)]
    pub wanted: CiRequests,
    /// Print the directories to cache, one a line, instead of the key
    #[arg(long)]
    pub paths: bool,
}
