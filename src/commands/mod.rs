//! One file for each command. A command reads its arguments, calls the stages, and reports;
//! nothing calls a command.

mod cache;
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
