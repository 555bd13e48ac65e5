//! The commands, one file each. A command reads its arguments, calls `ops` and prints the result.

mod adopt;
mod available;
#[cfg_attr(not(unix), path = "no_bench.rs")]
mod bench;
mod build;
mod bundle;
mod cache;
mod check;
mod ci;
mod completions;
mod config;
mod default;
mod dispatch;
mod doctor;
mod help;
mod index;
mod init;
mod install;
mod kernel;
mod link;
mod list;
mod lock;
mod man;
mod mirror;
mod outdated;
mod pin;
mod prune;
mod render;
mod report_files;
mod run;
mod self_uninstall;
mod self_update;
mod setup;
mod show;
mod survey;
mod uninstall;
mod unpin;
mod upgrade;
mod venv;
mod verify;
mod which;

pub use dispatch::main;
