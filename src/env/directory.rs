//! The directories that ftpy works in: the current one, the store.

use crate::error::{Failure, IoFailure, Kind, Result};
use ftpy_core::root;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Changes to the directory of `-C`, before anything is read.
///
/// # Errors
/// Returns an error if it is not a directory that this user can enter.
pub fn enter(directory: &Path) -> Result<()> {
    let entered = std::env::set_current_dir(directory);
    entered
        .map_err(IoFailure::at("change to", directory))
        .map_err(|error| Failure::new(Kind::Usage, format!("-C: {error}")))
}

/// The root of the store: the value of `FTPY_HOME`, else a directory of the platform. It is always an
/// absolute path, because receipts and relocated files contain it and it must not depend on the
/// current directory.
pub(super) fn store(value: Option<&OsStr>, home: Option<&OsStr>) -> Result<PathBuf> {
    if let Some(value) = value {
        return root::directory(value, home).map_err(|reason| {
            Failure::new(Kind::Usage, format!("FTPY_HOME: {reason}"))
                .hint("set FTPY_HOME to an absolute path, or unset it")
        });
    }
    let platform = directories::ProjectDirs::from("", "", "ftpy");
    let platform = platform.map(|dirs| dirs.data_local_dir().to_owned());
    platform.filter(|path| path.is_absolute()).ok_or_else(|| {
        Failure::new(Kind::System, "no home directory found for the store")
            .hint("set FTPY_HOME to a directory that you can write")
    })
}
