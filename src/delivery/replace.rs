//! Putting a new ftpy in the place of the running one: by rename, after it was started once.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::atomic_file::temporary_for;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Replaces a program by these bytes, whose digest was compared, if they say that they are this
/// version.
///
/// # Errors
/// Where it cannot be written, or does not start here: then the old one stays.
pub fn replace(place: &Path, bytes: &[u8], version: &str) -> Result<()> {
    // In the same directory: a rename is atomic only within one file system.
    let new = temporary_for(place);
    let replaced = write(&new, bytes)
        .map_err(IoFailure::outside_store)
        .and_then(|locked| check(&new, version).map(|()| locked))
        .and_then(|_locked| {
            let renamed = std::fs::rename(&new, place);
            renamed.map_err(|error| IoFailure::at("replace", place)(error).outside_store())
        });
    if replaced.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    replaced
}

/// Returns the file, locked against another process's sweep. It is open for reading only: what is
/// open for writing cannot be started.
fn write(new: &Path, bytes: &[u8]) -> Result<File, IoFailure> {
    std::fs::write(new, bytes).map_err(IoFailure::at("write", new))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(new, mode).map_err(IoFailure::at("write", new))?;
    }
    let file = File::open(new).map_err(IoFailure::at("read", new))?;
    let _ = file.try_lock_shared();
    Ok(file)
}

fn check(new: &Path, version: &str) -> Result<()> {
    let output = Command::new(new)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    let said = match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        Ok(output) => format!("nothing, and ended with {}", output.status),
        Err(error) => format!("nothing: it cannot be started ({error})"),
    };
    if said == format!("ftpy {version}") {
        return Ok(());
    }
    let message = format!("the ftpy of release {version} says {said}");
    Err(Failure::new(Kind::Integrity, message).hint("nothing was changed"))
}
