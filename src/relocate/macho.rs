//! macOS only: sets the install name of libpython, and signs the changed file.
//!
//! Untested on a Mac; modelled on uv and rattler.

use crate::error::{Failure, Kind, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Sets the install name of `library`, below `made`, to its final path, and signs it.
///
/// # Errors
/// Returns an error if one of Apple's tools fails. Without them extensions that link to libpython
/// do not find it, but the interpreter works, so a missing tool is not an error.
pub(super) fn ensure_install_name(made: &Path, library: &str, prefix: &Path) -> Result<()> {
    let file = made.join(library);
    let name = prefix.join(library);
    run(crate::env::command("install_name_tool")
        .arg("-id")
        .arg(&name)
        .arg(&file))?;
    // An ad-hoc signature: on Apple silicon a changed file without one is killed when it starts.
    run(crate::env::command("codesign")
        .args(["--force", "--sign", "-"])
        .arg(&file))
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let message = format!("{program} failed: {}", stderr.trim());
            Err(Failure::new(Kind::System, message))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(
            Kind::System,
            format!("{program} failed: {error}"),
        )),
    }
}
