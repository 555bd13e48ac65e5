//! What makes installs repeatable and carries them elsewhere: `lock`, `bundle`, `mirror`.

use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// `ftpy lock`
#[derive(Debug, Args)]
pub struct Lock {
    /// What to lock beside every version that the nearest version file names
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// For these machines: linux-x86_64-gnu, macos-aarch64-none, ...; without it, those of the
    /// file, else the common Linux and macOS ones
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Take builds from these sources only, in this order: pbs, conda, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Ask these conda channels, in this order: a name, a URL
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub channel: Vec<String>,
    /// Look again for what is locked already: for all of it, or for these requests
    #[arg(long, value_name = "REQUEST", num_args = 0.., value_hint = ValueHint::Other)]
    pub upgrade: Option<Vec<String>>,
    /// Fail if the file does not say what the project asks for; change nothing, ask nobody
    #[arg(long, conflicts_with_all = ["platform", "from", "channel", "upgrade", "dry_run", "requests"])]
    pub check: bool,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `ftpy bundle`
#[derive(Debug, Subcommand)]
pub enum Bundle {
    /// Write the builds of ftpy.lock into one file
    Create(BundleCreate),
    /// Install from a bundle, without any network
    Install(BundleInstall),
    /// Hash everything in a bundle, and list it
    Verify(BundleVerify),
}

/// `ftpy bundle create`
#[derive(Debug, Args)]
pub struct BundleCreate {
    /// Which of the lock's requests; all if none is named. Without a lock: what to carry
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "ftpy-bundle.tar.zst", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// For these machines, or `all` that the lock has; without it, for this one
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Carry this ftpy, too
    #[arg(long)]
    pub with_ftpy: bool,
}

/// `ftpy bundle install`
#[derive(Debug, Args)]
pub struct BundleInstall {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Which of its requests; all if none is named
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// Install again what is installed
    #[arg(long)]
    pub reinstall: bool,
}

/// `ftpy bundle verify`
#[derive(Debug, Args)]
pub struct BundleVerify {
    /// The bundle
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// `ftpy mirror`
#[derive(Debug, Args)]
pub struct Mirror {
    /// The directory to write
    #[arg(value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
    /// What to mirror: the newest build of each; without it, what the project's lock has
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub requests: Vec<String>,
    /// For these machines, or `all` common ones; without it, for this one
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub platform: Vec<String>,
    /// Take builds from these sources only, in this order: pbs, source
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub from: Vec<String>,
}
