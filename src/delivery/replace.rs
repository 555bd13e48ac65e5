//! Putting a new ftpy in the place of the running one: by rename, after it was started once.

use crate::error::{Failure, IoFailure, Kind, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Replaces a program by these bytes, whose digest was compared, if they say that they are this
/// version.
///
/// # Errors
/// Where it cannot be written, or does not start here: then the old one stays.
pub fn replace(place: &Path, bytes: &[u8], version: &str) -> Result<()> {
    let directory = place.parent().unwrap_or(place);
    // In the same directory: a rename is atomic only within one file system.
    let new = directory.join(format!(".ftpy.new.{}", std::process::id()));
    let replaced = write(&new, bytes)
        .map_err(IoFailure::outside_store)
        .and_then(|()| check(&new, version))
        .and_then(|()| {
            let renamed = std::fs::rename(&new, place);
            renamed.map_err(|error| IoFailure::at("replace", place)(error).outside_store())
        });
    if replaced.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    replaced
}

fn write(new: &Path, bytes: &[u8]) -> Result<(), IoFailure> {
    std::fs::write(new, bytes).map_err(IoFailure::at("write", new))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(new, mode).map_err(IoFailure::at("write", new))?;
    }
    Ok(())
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
