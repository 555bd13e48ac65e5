//! The command line of building from source: types for clap, without behaviour.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `ftpy build`
#[derive(Debug, Args)]
pub struct Build {
    /// What to build: 3.14t, 3.14.7t+tsan, 3.14td. With --source, its variant and flavours
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
    /// A directory with CPython's source, an archive of it, or GIT-URL@REVISION
    #[arg(long, value_name = "PLACE", value_hint = ValueHint::AnyPath)]
    pub source: Option<String>,
    /// Apply a patch to the source, as `patch -p1` does
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub patch: Vec<PathBuf>,
    /// A further argument for configure
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub configure_arg: Vec<String>,
    /// Further flags of the compiler, also for extension modules built with it later
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    pub cflags: Option<String>,
    /// Further flags of the linker, likewise
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    pub ldflags: Option<String>,
    /// The C compiler
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub cc: Option<String>,
    /// Install the standard library's tests, too
    #[arg(long)]
    pub with_tests: bool,
    /// Build again what is installed under this key, in the same way
    #[arg(
        long,
        value_name = "KEY",
        conflicts_with_all = [
            "request", "source", "patch", "configure_arg", "cflags", "ldflags", "cc", "with_tests"
        ]
    )]
    pub same_as: Option<String>,
    /// Leave the source tree where it was compiled
    #[arg(long)]
    pub keep: bool,
    /// Go on with a build that failed or was interrupted
    #[arg(long)]
    pub resume: bool,
    /// Build again what is installed
    #[arg(long)]
    pub reinstall: bool,
    /// Print the plan and build nothing; a source that is named is fetched, to be looked at
    #[arg(long)]
    pub dry_run: bool,
    /// Accept an archive of which no sha256 is known
    #[arg(long)]
    pub allow_unverified: bool,
    /// What every command has that compiles
    #[command(flatten)]
    pub compiling: Compiling,
    /// Build nothing: print what building an extension module for the installed one needs
    #[arg(long)]
    pub env: bool,
    /// With --env: in the words of this build tool
    #[arg(long = "for", value_name = "TOOL", requires = "env")]
    pub tool: Option<BuildTool>,
}

/// What every command has that compiles.
#[derive(Debug, Args)]
pub struct Compiling {
    /// Accept a build from source without this standard module
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub allow_missing: Vec<String>,
    /// Install what a build from source needs with the system's package manager
    #[arg(long)]
    pub install_deps: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Compile the standard library to byte code now rather than at first use
    #[arg(long)]
    pub compile_bytecode: bool,
    /// How many compilers at once, instead of one for each core
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Write all output of a build to a file, too; `-` shows it
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub log: Option<PathBuf>,
}

/// A tool that builds extension modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BuildTool {
    /// CMake, scikit-build-core
    Cmake,
    /// Meson, meson-python
    Meson,
    /// maturin, PyO3
    Maturin,
    /// setuptools
    Setuptools,
}
