//! The command line of `ftpy check --survey`: types for clap, without behaviour.

use crate::check::survey::Shard;
use clap::{Args, ValueHint};
use std::num::NonZeroU32;
use std::path::PathBuf;

// The options of `ftpy check` for many packages.
#[derive(Debug, Args)]
#[command(next_help_heading = "Survey")]
pub struct Survey {
    /// Survey the packages that a file names, one a line, and write a site about them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "site",
        conflicts_with_all = ["subjects", "requirements", "full", "confirm", "constraints",
            "sarif", "html", "extras", "groups", "all_extras", "all_groups", "no_dev"])]
    pub survey: Option<PathBuf>,
    /// The directory of the site; an earlier survey in it is updated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub site: Option<PathBuf>,
    /// The simple index to ask [default: that of uv or pip]
    #[arg(long, value_name = "URL", requires = "survey", value_hint = ValueHint::Url)]
    pub index: Option<String>,
    /// The most requests a second to each server [default: 10]
    #[arg(
        long,
        value_name = "N",
        requires = "survey",
        default_value = "10",
        hide_default_value = true
    )]
    pub rate: NonZeroU32,
    /// Take one part of the list only: 1/8 is the first of eight. `--merge` joins the parts
    #[arg(long, value_name = "I/N", requires = "survey")]
    pub shard: Option<Shard>,
    /// Write the site from the parts in these directories
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, num_args = 1..,
        requires = "site",
        conflicts_with_all = ["survey", "subjects", "requirements", "full", "confirm",
            "constraints", "sarif", "html", "pythons", "platforms", "extras", "groups",
            "all_extras", "all_groups", "no_dev"])]
    pub merge: Vec<PathBuf>,
}
