//! What is to be resolved, and the result.

use crate::check::Dependency;
use crate::check::lock::{CondaPackage, ListedRequest};
use crate::wheel::WheelTarget;
use std::path::PathBuf;

/// What to resolve.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// Requirements: `lxml>=6`.
    pub(crate) requests: &'a [String],
    /// The text of a requirements file that is not on the disk.
    pub(crate) text: Option<&'a str>,
    /// Requirements files.
    pub(crate) files: &'a [PathBuf],
    /// The requirements in these files, for their lines.
    pub(crate) listed: &'a [ListedRequest],
}

impl Wanted<'_> {
    /// What the installer reads on stdin: requirements, or the text of a file.
    pub(super) fn input(&self) -> Option<String> {
        match self.text {
            Some(text) => Some(text.to_owned()),
            None if self.requests.is_empty() => None,
            None => Some(self.requests.join("\n") + "\n"),
        }
    }
}

/// What an installer takes for some targets.
#[derive(Debug)]
pub(crate) struct Resolution {
    /// The targets, with the same minor version.
    pub(crate) targets: Vec<WheelTarget>,
    /// The packages.
    pub(crate) dependencies: Vec<Dependency>,
    /// The packages of conda.
    #[cfg_attr(
        not(feature = "conda"),
        expect(dead_code, reason = "their lock files are refused then")
    )]
    pub(crate) conda: Vec<CondaPackage>,
    /// What the person should know about it.
    pub(crate) notes: Vec<String>,
}
