//! The active virtual environment whose interpreter is gone. The shell passes over its names and
//! finds the shim, which must not start another Python instead.

use crate::name::Name;
use crate::path::holds_shims;
use crate::refusal::Refusal;
use std::ffi::OsStr;
use std::path::Path;

/// Returns the refusal to start a bare name in such an environment. `venv` is `VIRTUAL_ENV`.
#[must_use]
pub fn broken_venv(name: &Name, venv: &Path, path: &OsStr) -> Option<Refusal> {
    let bin = venv.join("bin");
    let is_first = std::env::split_paths(path)
        .take_while(|directory| !holds_shims(directory))
        .any(|directory| directory == bin);
    // A directory that was removed as a whole is not a broken environment.
    let is_gone = |file: &str| {
        let link = bin.join(file);
        link.symlink_metadata().is_ok() && !link.exists()
    };
    let is_broken = is_first && is_gone("python") && name.request().is_none();
    is_broken.then(|| Refusal::broken_venv(name, venv))
}
