//! The directory that ftpy works in.

use crate::error::{Failure, IoFailure, Kind, Result};
use std::path::Path;

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
