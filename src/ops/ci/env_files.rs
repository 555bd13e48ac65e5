//! The files through which a CI system receives results. They are checked before an installation,
//! so that it does not run if its results cannot be passed on.

use crate::ci::{self, Append, Exports, Handover, System, needed_files};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::context::Context;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Checks that every file is writable.
pub(crate) fn check(context: &Context, system: System, env_file: Option<&Path>) -> Result<()> {
    for (variable, path) in needed_files(system, &context.env.ci) {
        let Some(path) = path else {
            let message = format!("{variable} is not set, so nothing can be exported to {system}");
            return Err(Failure::new(Kind::System, message).hint(format!(
                "inside a container the variable and its file have to be passed on; \
                 `--system shell` prints lines for a shell instead of `{}`",
                system.name()
            )));
        };
        person_file::check(path).map_err(|error| cannot_write(variable, error))?;
    }
    if let Some(path) = env_file {
        person_file::check(path).map_err(|error| cannot_write("--env-file", error))?;
    }
    Ok(())
}

/// Writes what the system reads to its files and to the file of `--env-file`. Returns what was
/// written, and the lines to print.
pub(crate) fn export(
    context: &Context,
    system: System,
    exports: &Exports,
    env_file: Option<&Path>,
) -> Result<Handover> {
    if let Some(file) = env_file {
        let path = context.env.path.to_string_lossy();
        let text = ci::env_file(system, exports, &path)
            .map_err(|error| Failure::new(Kind::System, error.to_string()))?;
        let written = person_file::write(file, text.as_bytes());
        written.map_err(IoFailure::outside_store)?;
    }
    // A random line, so that no value can contain the delimiter.
    let delimiter = format!("ftpy_{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    let handover = ci::hand_over(system, &context.env.ci, exports, &delimiter);
    append(&handover.appends)?;
    Ok(handover)
}

/// Appends lines to the files, and keeps their content.
fn append(appends: &[Append]) -> Result<()> {
    for append in appends {
        let text = match ends_open(&append.path) {
            true => format!("\n{}", append.text),
            false => append.text.clone(),
        };
        let written = person_file::append(&append.path, &text);
        written.map_err(|error| cannot_write(append.variable, error))?;
    }
    Ok(())
}

/// Returns whether the last line has no line end, so that an appended line would become part of it.
/// For pipes and write-only files, which cannot be read, this does not matter.
fn ends_open(path: &Path) -> bool {
    let is_file = path.metadata().is_ok_and(|about| about.is_file());
    let last = || {
        let mut file = File::open(path).ok()?;
        file.seek(SeekFrom::End(-1)).ok()?;
        let mut byte = [0];
        file.read_exact(&mut byte).ok()?;
        Some(byte[0])
    };
    is_file && last().is_some_and(|byte| byte != b'\n')
}

fn cannot_write(name: &str, error: IoFailure) -> Failure {
    let failure = error.outside_store();
    Failure {
        message: format!("{name}: {}", failure.message),
        ..failure
    }
}
