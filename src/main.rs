//! Parses the command line, runs the command, prints its error and exits. Everything else is in the
//! library.

use ftpy::cli::Cli;
use ftpy_core::start;
use std::process::ExitCode;

/// See Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // If the small shim could not be compiled, ftpy itself is installed under the shims' names.
    if start::own_name().is_some() {
        return start::run().into();
    }
    match Cli::read() {
        Ok(cli) => ftpy::commands::main(cli),
        Err(code) => code,
    }
}
