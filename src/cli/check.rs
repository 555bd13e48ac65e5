//! The command line of `ftpy check`: types for clap, without behaviour.

use crate::cli::survey::Survey;
use clap::{Args, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "Without arguments, the project's lock file is checked, else its virtual environment.\n\
    Exit codes: 0 all keep the GIL off, 8 a package turns it on, 9 a package could not be judged: \
    undetermined, unreadable, or without a wheel for free-threaded builds."
)]
pub struct Check {
    /// Packages (numpy, 'lxml>=6') or paths: a lock file, wheels, a virtual environment, an
    /// installation, a directory of packages, a module
    #[arg(value_name = "WHAT", value_hint = ValueHint::AnyPath)]
    pub subjects: Vec<String>,
    /// Check the packages of a requirements file; `-` reads stdin
    #[arg(short, long = "requirements", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub requirements: Vec<PathBuf>,
    /// The Pythons to check for: 3.14t, or 3.14t,3.15t [default: the active one, else 3.14t]
    #[arg(short, long = "python", value_name = "VERSION", value_delimiter = ',')]
    pub pythons: Vec<String>,
    /// The platforms to check for: linux-x86_64, macos-arm64, windows-x86_64, all [default: this
    /// machine]
    #[arg(long = "platform", value_name = "PLATFORM", value_delimiter = ',')]
    pub platforms: Vec<String>,
    /// Download whole wheels and verify their hashes, instead of reading only the modules
    #[arg(long)]
    pub full: bool,
    /// Import each module in an installed free-threaded Python, and compare
    #[arg(long)]
    pub confirm: bool,
    /// Exit with 0 although a package could not be judged, for whatever reason
    #[arg(long)]
    pub allow_undetermined: bool,
    /// Which parts of a project are checked.
    #[command(flatten)]
    pub parts: Parts,
    /// Write a constraints file that keeps the GIL off; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub constraints: Option<PathBuf>,
    /// Write the findings as SARIF; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub sarif: Option<PathBuf>,
    /// Write the findings as a page of HTML; `-` is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// Options for many packages.
    #[command(flatten)]
    pub survey: Survey,
}

// The parts of a project in uv.lock.
#[derive(Debug, Clone, Default, Args)]
pub struct Parts {
    /// Also check what this extra of the project in uv.lock requires
    #[arg(long = "extra", value_name = "NAME", value_hint = ValueHint::Other)]
    pub extras: Vec<String>,
    /// Also check what all extras of the project require
    #[arg(long)]
    pub all_extras: bool,
    /// Also check what this dependency group of the project in uv.lock requires
    #[arg(long = "group", value_name = "NAME", value_hint = ValueHint::Other)]
    pub groups: Vec<String>,
    /// Also check what all dependency groups of the project require
    #[arg(long)]
    pub all_groups: bool,
    /// Leave out the dependency group `dev`
    #[arg(long)]
    pub no_dev: bool,
}

// The end of commands that can check packages.
#[derive(Debug, Clone, Default, Args)]
pub struct GilCheck {
    /// End with `ftpy check` of the packages: exit with 8 if one turns the GIL on, with 9 if one
    /// could not be judged
    #[arg(long)]
    pub check_gil: bool,
    /// With --check-gil: exit with 0 although a package could not be judged
    #[arg(long, requires = "check_gil")]
    pub allow_undetermined: bool,
}
