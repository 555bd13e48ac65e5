//! The command line of ftpy's own delivery: types for clap, without behaviour.

use clap::{Args, Subcommand};

/// `ftpy self`
#[derive(Debug, Subcommand)]
pub enum SelfCommand {
    /// Replace ftpy by its newest release, after its sha256 was compared
    Update(Update),
    /// Remove ftpy: what it installed, its lines in profiles, and itself
    Uninstall(Uninstall),
}

/// `ftpy self update`
#[derive(Debug, Args)]
pub struct Update {
    /// Take this release, newer or older
    #[arg(long, value_name = "X.Y.Z")]
    pub version: Option<String>,
    /// Only say whether there is a newer one
    #[arg(long, conflicts_with = "version")]
    pub check: bool,
}

/// `ftpy self uninstall`
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would go and do nothing
    #[arg(long)]
    pub dry_run: bool,
}
