//! The files by which a CI system takes results. They are opened before anything is installed:
//! what cannot be told at the end need not be begun.

use crate::ci::{Append, System, needed_files};
use crate::commands::start::Context;
use crate::error::{Failure, IoFailure, Kind, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// Sees that every file can be written that will be.
pub(super) fn check(context: &Context, system: System, env_file: Option<&Path>) -> Result<()> {
    for (variable, path) in needed_files(system, &context.env.ci) {
        let Some(path) = path else {
            let message = format!("{variable} is not set: {system} is told nothing without it");
            return Err(Failure::new(Kind::System, message).hint(format!(
                "inside a container the variable and its file have to be passed on; \
                 `--system shell` prints lines for a shell instead of `{}`",
                system.name()
            )));
        };
        open(path).map_err(|error| cannot_write(variable, error))?;
    }
    if let Some(path) = env_file {
        let is_new = !path.exists();
        open(path).map_err(|error| cannot_write("--env-file", error))?;
        if is_new {
            // Only a trial: a failure leaves nothing behind.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

/// Adds to the files; what is in them stays.
pub(super) fn append(appends: &[Append]) -> Result<()> {
    for append in appends {
        let written = open(&append.path).and_then(|mut file| {
            file.write_all(append.text.as_bytes())
                .map_err(IoFailure::at("write", &append.path))
        });
        written.map_err(|error| cannot_write(append.variable, error))?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, IoFailure> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(IoFailure::at("write", path))
}

fn cannot_write(name: &str, error: IoFailure) -> Failure {
    let failure = error.outside_store();
    Failure {
        message: format!("{name}: {}", failure.message),
        ..failure
    }
}
