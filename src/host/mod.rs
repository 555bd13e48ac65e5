//! What machine this is: its target, its package manager, the mirrors that is set up with.
//! Asked of the machine itself, never guessed from a distribution's name.

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
#[cfg(target_os = "linux")]
pub mod process;
pub mod shell;
#[cfg(unix)]
pub mod signals;
pub mod target;
