//! One file for each command, and what commands share. A command reads its arguments, calls the
//! stages, and reports; nothing calls a command.

mod adopt;
mod around;
mod available;
mod cache;
mod choose;
mod completions;
#[cfg(feature = "conda")]
mod conda;
#[cfg(not(feature = "conda"))]
#[path = "no_conda.rs"]
mod conda;
mod config;
mod default;
mod doctor;
mod dry_run;
mod ensure;
mod explain;
mod index;
mod init;
mod install;
mod link;
mod list;
mod man;
mod named;
mod newer;
#[cfg(unix)]
mod nogil;
mod outcome;
mod outdated;
mod own;
mod own_update;
mod pin;
mod profiles;
mod prune;
mod purge;
mod request;
mod rounds;
mod run;
mod session;
mod setup;
mod show;
mod start;
mod uninstall;
mod unpin;
mod upgrade;
mod venv;
mod verify;
mod which;

pub use start::main;
