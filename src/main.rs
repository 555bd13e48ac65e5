//! Parse, call, print the error, exit. Everything else is in the library.

use clap::Parser;
use ftpy::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    ftpy::commands::main(Cli::parse())
}
