//! The command line of `ftpy ci`: types for clap, without behaviour.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Ci {
    /// Install builds and export them to later steps of the CI job
    Setup(Setup),
    /// Print a project's test matrix, with and without the GIL
    Matrix(Matrix),
    /// Print a cache key for the installations, without installing
    CacheKey(CacheKey),
}

// The requests of `ci setup` and `ci cache-key`, which must agree.
#[derive(Debug, Clone, Args)]
pub struct CiRequests {
    /// What to set up [default: the builds in ftpy.lock, else the nearest version file]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Read the requests from a file: a version file, .tool-versions, pyproject.toml, setup.cfg,
    /// Pipfile, Pipfile.lock, mise.toml, uv.lock, runtime.txt
    #[arg(long, value_name = "FILE", conflicts_with = "requests", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Use free-threaded builds, even for requests without `t`
    #[arg(long)]
    pub freethreaded: bool,
    /// Also set up each build's twin: the same build with the other GIL setting
    #[arg(long)]
    pub twin: bool,
    /// Use only these sources, in this order: pbs, conda, distro, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Use the newest builds, even if older ones that match are installed; updates the list of
    /// builds first
    #[arg(long)]
    pub upgrade: bool,
    /// Which request `python` runs [default: first]
    #[arg(long, value_name = "WHICH", value_enum)]
    pub active: Option<Active>,
}

/// Which of several requests the unversioned names run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Active {
    /// The first, like in a version file
    First,
    /// The last, like in the input of GitHub's setup-python
    Last,
}

#[derive(Debug, Args)]
pub struct Setup {
    /// The requests.
    #[command(flatten)]
    pub wanted: CiRequests,
    /// The CI system [default: detected from the environment]
    #[arg(long, value_name = "NAME", value_enum)]
    pub system: Option<SystemName>,
    /// Also write the result to this file, one NAME=value per line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub env_file: Option<PathBuf>,
    /// Start `python` like the next step will, and fail if its GIL is on in a free-threaded build,
    /// or if a package in the project's lock turns it on; `=python` does not check the packages
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "packages"
    )]
    pub check_gil: Option<CheckGil>,
}

/// What `--check-gil` checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckGil {
    /// `python`, and the packages in the project's lock
    Packages,
    /// Only `python`
    Python,
}

/// The name of a CI system on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SystemName {
    /// GitHub Actions and compatible systems
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
    /// No CI system: a shell
    Shell,
}

#[derive(Debug, Args)]
pub struct Matrix {
    /// The output format
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Format::Gha)]
    pub format: Format,
    /// The project's directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project: Option<PathBuf>,
    /// Whether to include free-threaded builds
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = FreeThreaded::Auto)]
    pub freethreaded: FreeThreaded,
}

/// The format of a matrix.
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

/// Whether a matrix includes free-threaded builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FreeThreaded {
    /// If the project's classifiers or pins ask for them
    Auto,
    /// For every version that has a supported one
    Always,
    /// Never
    Never,
}

#[derive(Debug, Args)]
pub struct CacheKey {
    /// The requests.
    #[command(flatten)]
    pub wanted: CiRequests,
    /// Print the directories to cache, one per line, instead of the key
    #[arg(long)]
    pub paths: bool,
}
