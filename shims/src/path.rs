//! Finds a program on PATH as a shell would, optionally skipping shims.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A file in every directory of shims, by which the shims of any store recognise one.
pub const MARKER: &str = ".ftpy-shims";

/// The location of `program` on `path`, a value of the PATH variable.
#[must_use]
pub fn find_program(path: &OsStr, program: impl AsRef<Path>) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program.as_ref()))
        .find(|file| is_executable(file))
}

/// Like [`find_program`], but skips directories of shims, links to the shim of that name, and the
/// programs in `passed`.
#[must_use]
pub fn find_beyond_shims(path: &OsStr, program: &str, passed: &[PathBuf]) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| (directory.join(program), directory))
        .find(|(file, directory)| {
            let is_shim = || {
                let shim = shim_behind(file);
                shim.is_some_and(|shim| shim.file_name() == Some(OsStr::new(program)))
            };
            is_executable(file) && !holds_shims(directory) && !passed.contains(file) && !is_shim()
        })
        .map(|(file, _)| file)
}

/// Whether a directory contains shims, of this store or another.
#[must_use]
pub fn holds_shims(directory: &Path) -> bool {
    directory.join(MARKER).symlink_metadata().is_ok()
}

/// The file in a directory of shims to which a link elsewhere leads.
#[must_use]
pub fn shim_behind(link: &Path) -> Option<PathBuf> {
    let target = link.is_symlink().then(|| link.canonicalize().ok())??;
    target.parent().is_some_and(holds_shims).then_some(target)
}

/// Whether a path is an executable file.
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
