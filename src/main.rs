//! Parse, call, print the error, exit. Everything else is in the library.

use ftpy::cli::Cli;
use ftpy_core::start;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Where the small shim could not be compiled, ftpy itself stands under the shims' names.
    if start::own_name().is_some() {
        return start::run().into();
    }
    match Cli::read() {
        Ok(cli) => ftpy::commands::main(cli),
        Err(code) => code,
    }
}
