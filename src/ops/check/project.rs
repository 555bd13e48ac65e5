//! Checks the file that lists the packages of a project, for commands that end with it.

use crate::check::Findings;
use crate::check::lock::{LockChoice, find};
use crate::error::Result;
use crate::ops::check::check;
use crate::ops::check::request::CheckRequest;
use crate::ops::context::Context;
use crate::wheel::WheelTarget;
use std::path::Path;

/// Checks the project's lock for targets; `None` if there are no targets, or the directory has no
/// file that lists packages.
///
/// # Errors
/// Returns an error if the file cannot be read, or its requirements cannot be resolved.
pub(crate) fn check_project(
    context: &Context,
    directory: &Path,
    targets: Vec<WheelTarget>,
) -> Result<Option<Findings>> {
    let Some(lock) = find(directory).filter(|_| !targets.is_empty()) else {
        return Ok(None);
    };
    let lock = lock.strip_prefix(&context.env.current_dir).unwrap_or(&lock);
    check_path(context, lock, targets).map(Some)
}

/// Checks a path: an environment, a lock.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_path(
    context: &Context,
    path: &Path,
    targets: Vec<WheelTarget>,
) -> Result<Findings> {
    check(
        context,
        &CheckRequest {
            subjects: &[path.display().to_string()],
            requirements: &[],
            targets,
            are_targets_given: true,
            choice: LockChoice::default(),
            is_full: false,
            confirms: false,
        },
    )
}
