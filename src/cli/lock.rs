//! The command line of `lock`, `bundle` and `mirror`: types for clap, without behaviour.

use crate::cli::check::GilCheck;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Lock {
    /// What to lock in addition to the versions in the nearest version file
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Platforms: linux-x86_64-gnu, macos-aarch64-none, ... [default: those in the lock file,
    /// else the common Linux and macOS ones]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Use only these sources, in this order: pbs, conda, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Use these conda channels, in this order: a name, a URL
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub channel: Vec<String>,
    /// Update the locked builds: all of them, or those of these requests
    #[arg(long, value_name = "REQUEST", num_args = 0.., value_hint = ValueHint::Other)]
    pub upgrade: Option<Vec<String>>,
    /// Fail if the lock file is not up to date; change nothing and do not use the network
    #[arg(long, conflicts_with_all = ["platform", "from", "channel", "upgrade", "dry_run", "requests"])]
    pub check: bool,
    /// Show the changes without writing them
    #[arg(long)]
    pub dry_run: bool,
    /// Whether to check the packages of the project's own lock, for the locked builds.
    #[command(flatten)]
    pub gil_check: GilCheck,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Bundle {
    /// Write the builds of ftpy.lock into one file
    Create(BundleCreate),
    /// Install from a bundle, without a network
    Install(BundleInstall),
    /// Verify a bundle's hashes and list its contents
    Verify(BundleVerify),
}

#[derive(Debug, Args)]
pub struct BundleCreate {
    /// What to carry [default: every request in the lock file]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "ftpy-bundle.tar.zst", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Platforms, or `all` in the lock file [default: this machine]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Also carry this ftpy
    #[arg(long)]
    pub with_ftpy: bool,
}

#[derive(Debug, Args)]
pub struct BundleInstall {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// What to install [default: every request in the bundle]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Reinstall what is already installed
    #[arg(long)]
    pub reinstall: bool,
}

#[derive(Debug, Args)]
pub struct BundleVerify {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct Mirror {
    /// The directory to write
    #[arg(value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
    /// What to mirror: the newest build of each [default: the builds in the project's lock file]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Platforms, or `all` common ones [default: this machine]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Use only these sources, in this order: pbs, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
}
