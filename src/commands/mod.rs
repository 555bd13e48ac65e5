//! One file for each command, and what commands share. A command reads its arguments, calls the
//! stages, and reports; nothing calls a command.

mod activate;
mod adopt;
mod around;
mod available;
mod build;
mod build_env;
mod bundle;
mod cache;
mod carried;
mod choose;
mod ci;
mod compiling;
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
mod environment;
mod explain;
mod index;
mod init;
mod install;
mod link;
mod list;
mod listed;
mod lock;
mod lock_report;
mod locked;
mod man;
mod mirror;
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
mod project;
mod prune;
mod purge;
mod request;
mod resolve_lock;
mod rounds;
mod run;
mod same_as;
mod session;
mod setup;
mod show;
mod start;
mod twin;
mod uninstall;
mod unpin;
mod upgrade;
mod used;
mod venv;
mod verify;
#[cfg(unix)]
mod watched;
mod which;
mod zsh;

pub use start::main;
