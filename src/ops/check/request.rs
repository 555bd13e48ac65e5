//! What `ftpy check` is asked.

use crate::check::lock::LockChoice;
use crate::wheel::WheelTarget;
use std::path::PathBuf;

/// What to check, and how.
pub(crate) struct CheckRequest<'a> {
    /// Packages and paths, as the person wrote them.
    pub(crate) subjects: &'a [String],
    /// Files of requirements.
    pub(crate) requirements: &'a [PathBuf],
    /// What to check for; not empty.
    pub(crate) targets: Vec<WheelTarget>,
    /// Whether the person named the targets, which then apply to wheels on this machine, too.
    pub(crate) are_targets_given: bool,
    /// The extras and groups of a project.
    pub(crate) choice: LockChoice,
    /// Whether whole wheels are read, and their hashes verified.
    pub(crate) is_full: bool,
    /// Whether each module is imported, and the result compared.
    pub(crate) confirms: bool,
}
