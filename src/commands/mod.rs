//! One file for each command, and what commands share. A command reads its arguments, calls the stages, and reports;
//! nothing calls a command.

mod available;
mod cache;
mod choose;
mod dry_run;
mod index;
mod install;
mod list;
mod request;
mod run;
mod start;
mod uninstall;
mod verify;
mod which;

pub use start::main;
