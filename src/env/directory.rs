//! The directories that ftpy works in: the current one, the store.

use crate::env::error::EnvError;
use crate::error::{IoFailure, Result};
use ftpy_core::root;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Changes to the directory of `-C`, before anything is read.
///
/// # Errors
/// Returns an error if it is not a directory that this user can enter.
pub fn enter(directory: &Path) -> Result<()> {
    let entered = std::env::set_current_dir(directory);
    let entered = entered.map_err(IoFailure::at("change to", directory));
    Ok(entered.map_err(EnvError::Directory)?)
}

/// The root of the store: the value of `FTPY_HOME`, else a directory of the platform. It is always an
/// absolute path, because receipts and relocated files contain it and it must not depend on the
/// current directory.
pub(super) fn store(value: Option<&OsStr>, home: Option<&OsStr>) -> Result<PathBuf> {
    if let Some(value) = value {
        return Ok(root::directory(value, home).map_err(EnvError::Store)?);
    }
    let platform = directories::ProjectDirs::from("", "", "ftpy");
    let platform = platform.map(|dirs| dirs.data_local_dir().to_owned());
    let platform = platform.filter(|path| path.is_absolute());
    Ok(platform.ok_or(EnvError::NoHome)?)
}
