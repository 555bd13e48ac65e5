//! Replaces the running ftpy by a new one, by rename, after a test start.

use crate::error::{IoFailure, Result};
use crate::host::atomic_file::temporary_for;
use crate::own_release::update_error::UpdateError;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Replaces a program by `bytes`, which were verified, if they report the expected version.
///
/// # Errors
/// Returns an error if it cannot be written or does not start; the old one is then kept.
pub fn replace(place: &Path, bytes: &[u8], version: &str) -> Result<()> {
    // In the same directory, because a rename is atomic only within one file system.
    let new = temporary_for(place);
    let replaced = write(&new, bytes, place)
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

/// Returns the new file, locked against another process's sweep. It is opened read-only, because a
/// file open for writing cannot be executed.
fn write(new: &Path, bytes: &[u8], place: &Path) -> Result<File, IoFailure> {
    let failed = || IoFailure::at("replace", place);
    std::fs::write(new, bytes).map_err(failed())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(new, mode).map_err(failed())?;
    }
    let file = File::open(new).map_err(failed())?;
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
        Ok(output) => format!("exited with {}", output.status),
        Err(error) => format!("cannot be started: {error}"),
    };
    if said == format!("ftpy {version}") {
        return Ok(());
    }
    let version = version.to_owned();
    Err(UpdateError::FailedStart { version, said }.into())
}
