//! What is to be resolved, and the result.

use crate::check::Dependency;
use crate::check::lock::ListedRequest;
use crate::wheel::WheelTarget;
use std::path::PathBuf;

/// What to resolve.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// Requirements: `lxml>=6`.
    pub(crate) requests: &'a [String],
    /// Requirements files.
    pub(crate) files: &'a [PathBuf],
    /// The requirements in these files, for their lines.
    pub(crate) listed: &'a [ListedRequest],
}

/// What an installer takes for some targets.
#[derive(Debug)]
pub(crate) struct Resolution {
    /// The targets, with the same minor version.
    pub(crate) targets: Vec<WheelTarget>,
    /// The packages.
    pub(crate) dependencies: Vec<Dependency>,
    /// What the person should know about it.
    pub(crate) notes: Vec<String>,
}
