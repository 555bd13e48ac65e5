//! One file for each command, and what commands share. A command reads its arguments, calls the
//! stages, and reports; nothing calls a command.

mod adopt;
mod available;
mod build;
mod build_env;
mod bundle;
mod cache;
mod ci;
mod completions;
mod config;
mod default;
mod dispatch;
mod doctor;
mod index;
mod init;
mod install;
mod link;
mod list;
mod lock;
mod man;
mod mirror;
mod outdated;
mod pin;
mod prune;
mod render;
mod run;
mod self_uninstall;
mod self_update;
mod setup;
mod show;
mod uninstall;
mod unpin;
mod upgrade;
mod venv;
mod verify;
mod which;

pub use dispatch::main;
