//! The command line of `ftpy kernel`: types for clap, without behaviour.

use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Kernel {
    /// Add an installation or a virtual environment to Jupyter
    Install(Install),
    /// List the kernels that ftpy installed
    #[command(visible_alias = "ls")]
    List,
    /// Remove kernels that ftpy installed
    Uninstall(Uninstall),
}

#[derive(Debug, Args)]
pub struct Install {
    /// The Python of the kernel: 3.14t, 3.14.7t, a linked name [default: the active Python]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
    /// Use the Python and the packages of this virtual environment
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "request", value_hint = ValueHint::DirPath)]
    pub venv: Option<PathBuf>,
    /// The kernel's name in commands and notebooks [default: python3.14t for 3.14t]
    #[arg(long)]
    pub name: Option<String>,
    /// The name that Jupyter shows
    #[arg(long, value_name = "TEXT")]
    pub display_name: Option<String>,
    /// Replace a kernel of the same name that ftpy did not install
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Uninstall {
    /// The names of the kernels, as `ftpy kernel list` prints them
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}
