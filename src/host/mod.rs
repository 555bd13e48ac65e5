//! What machine this is: its target, its package manager, the mirrors that is set up with.
//! Asked of the machine itself, never guessed from a distribution's name.

pub mod addresses;
pub mod apt;
pub mod apt_proxy;
#[cfg(unix)]
pub mod child;
pub mod files;
pub mod packages;
pub mod person_file;
pub mod plain_file;
#[cfg(target_os = "linux")]
pub mod process;
pub mod shell;
#[cfg(unix)]
pub mod signals;
pub mod target;
pub mod unfinished;
