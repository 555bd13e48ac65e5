//! `--compile-bytecode`: compiles every module on all cores. Otherwise Python compiles each module
//! when it is first imported.

use crate::cancel::Cancel;
use crate::error::{Failure, Kind, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// The interpreter did not compile the modules.
#[derive(Debug, thiserror::Error)]
#[error("cannot compile byte code: {reason}")]
struct BytecodeError {
    /// The system's error, or how the interpreter ended.
    reason: String,
}

impl From<BytecodeError> for Failure {
    fn from(error: BytecodeError) -> Self {
        Self::new(Kind::Build, error.to_string())
    }
}

/// Compiles the standard library and the installed packages below `prefix`.
///
/// The byte code is validated by hash and not by time, so that unpacking or copying the tree does
/// not make it stale (PEP 552).
///
/// # Errors
/// Returns an error if the interpreter fails. Single files that do not compile are not errors
/// (lib2to3 has some).
pub fn compile(executable: &Path, prefix: &Path, cancel: &Cancel) -> Result<()> {
    let mut command = Command::new(executable);
    command
        .args(["-I", "-S", "-m", "compileall", "-q", "-j", "0"])
        .args(["--invalidation-mode", "checked-hash"])
        .args(["-x", "bad_coding|badsyntax|lib2to3/tests/data"])
        .arg(prefix.join("lib"))
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let failed = |reason: String| BytecodeError { reason };
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let group = cancel.group(child.id());
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    drop(group);
    cancel.check()?;
    // Exit code 1 means that some file did not compile, which is not an error.
    match status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(failed(status.to_string()).into()),
    }
}
