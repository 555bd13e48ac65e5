//! What `ftpy check` is asked.

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
    /// Whether whole wheels are read, and their hashes verified.
    pub(crate) is_full: bool,
    /// Whether each module is imported, and the result compared.
    pub(crate) confirms: bool,
}
