//! The command line of `ftpy self`: types for clap, without behaviour.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum SelfCommand {
    /// Update ftpy to its newest release, after verifying its sha256
    Update(Update),
    /// Remove ftpy, its installations and its lines in shell profiles
    Uninstall(Uninstall),
}

#[derive(Debug, Args)]
pub struct Update {
    /// Install this release, newer or older
    #[arg(long, value_name = "X.Y.Z")]
    pub version: Option<String>,
    /// Check for a newer release without installing it
    #[arg(long, conflicts_with = "version")]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct Uninstall {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would be removed without removing it
    #[arg(long)]
    pub dry_run: bool,
}
