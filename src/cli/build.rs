//! The command line of building from source: types for clap, without behaviour.

use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Build {
    /// What to build: 3.14t, 3.14.7t+tsan, 3.14td. With --source, its variant and flavours
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
    /// CPython's source: a directory, an archive, or GIT-URL@REVISION
    #[arg(long, value_name = "PLACE", value_hint = ValueHint::AnyPath)]
    pub source: Option<String>,
    /// Apply a patch to the source, like `patch -p1`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub patch: Vec<PathBuf>,
    /// An additional argument for configure
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub configure_arg: Vec<String>,
    /// Additional compiler flags, also used for extension modules built later
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    pub cflags: Option<String>,
    /// Additional linker flags, also used for extension modules built later
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    pub ldflags: Option<String>,
    /// The C compiler
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub cc: Option<String>,
    /// Also install the standard library's tests
    #[arg(long)]
    pub with_tests: bool,
    /// Repeat the build of this installation
    #[arg(
        long,
        value_name = "KEY",
        conflicts_with_all = [
            "request", "source", "patch", "configure_arg", "cflags", "ldflags", "cc", "with_tests"
        ]
    )]
    pub same_as: Option<String>,
    /// Keep the source tree after the build
    #[arg(long)]
    pub keep: bool,
    /// Resume a build that failed or was interrupted
    #[arg(long)]
    pub resume: bool,
    /// Rebuild what is already installed
    #[arg(long)]
    pub reinstall: bool,
    /// Print the plan without building; a source given with --source is fetched
    #[arg(long)]
    pub dry_run: bool,
    /// Accept an archive without a known sha256
    #[arg(long)]
    pub allow_unverified: bool,
    /// Options of every command that compiles
    #[command(flatten)]
    pub compiling: Compiling,
    /// Do not build: print the variables for building extension modules
    #[arg(long)]
    pub env: bool,
    /// With --env: print the variables of this build tool
    #[arg(long = "for", value_name = "TOOL", requires = "env")]
    pub tool: Option<BuildTool>,
}

// Options of every command that compiles.
#[derive(Debug, Args)]
pub struct Compiling {
    /// Accept a build without this standard library module
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub allow_missing: Vec<String>,
    /// Install build dependencies with the system's package manager
    #[arg(long)]
    pub install_deps: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Compile the standard library to byte code at install time
    #[arg(long)]
    pub compile_bytecode: bool,
    /// Number of parallel compiler jobs [default: one more than cores]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Also write the build's output to a file; `-` prints it
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
