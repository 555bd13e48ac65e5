//! Looking for a program as a shell would, and for one that is no shim.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A file that stands in every directory of shims, so that a shim of any store knows one.
pub const MARKER: &str = ".ftpy-shims";

/// Where `program` is on `path`, a value of the PATH variable.
#[must_use]
pub fn find_program(path: &OsStr, program: impl AsRef<Path>) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program.as_ref()))
        .find(|file| is_executable(file))
}

/// As [`find_program`], but not in directories that hold shims, and none of `passed`.
#[must_use]
pub fn find_beyond_shims(path: &OsStr, program: &str, passed: &[PathBuf]) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| (directory.join(program), directory))
        .find(|(file, directory)| {
            is_executable(file) && !holds_shims(directory) && !passed.contains(file)
        })
        .map(|(file, _)| file)
}

/// Whether a directory is one of shims, of this store or another one.
#[must_use]
pub fn holds_shims(directory: &Path) -> bool {
    directory.join(MARKER).symlink_metadata().is_ok()
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
