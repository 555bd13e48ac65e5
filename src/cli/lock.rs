//! What makes installs repeatable and carries them elsewhere: `lock`, `bundle`, `mirror`.

use clap::{Args, ValueHint};

/// `ftpy lock`
#[derive(Debug, Args)]
pub struct Lock {
    /// What to lock; if nothing is named, every version that the nearest version file names
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
