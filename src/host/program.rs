//! Looking for a program as a shell would.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where `program` is on `path`, a value of the PATH variable.
#[must_use]
pub fn find_program(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program))
        .find(|file| is_executable(file))
}

/// Whether a file is there and may be started.
#[must_use]
pub fn is_executable(file: &Path) -> bool {
    let Ok(metadata) = file.metadata() else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    metadata.is_file()
}
