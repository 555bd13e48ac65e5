//! This machine: its target, package manager and configured mirrors. Detected from the machine
//! itself, never guessed from the name of a distribution.

pub mod apt;
pub mod apt_proxy;
pub mod aslr;
pub mod atomic_file;
#[cfg(unix)]
pub mod foreground_child;
pub mod fs;
mod open_file;
pub mod packages;
pub mod person_file;
pub mod plain_file;
pub mod private_dir;
#[cfg(target_os = "linux")]
pub mod process;
pub mod shell;
#[cfg(unix)]
pub mod signals;
pub mod target;
#[cfg(unix)]
pub mod umask;
