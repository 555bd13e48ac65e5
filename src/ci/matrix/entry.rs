//! What a matrix is made of: the versions that there are, and those that are chosen.

use crate::ci::matrix::project::Project;
use crate::manifest::releases::Support;
use ftpy_core::request::BuildRequest;
use std::collections::BTreeSet;

/// A minor version that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMinor {
    /// `(3, 14)`
    pub minor: (u16, u16),
    /// How far free-threading is supported there.
    pub support: Support,
    /// The `N` of each release 3.14.N that is known; none where there are only pre-releases.
    pub patches: BTreeSet<u16>,
    /// Whether upstream's support has ended.
    pub is_over: bool,
}

/// Whether free-threaded builds are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Where the classifier or a pin says so.
    Auto,
    /// Wherever they are supported.
    Always,
    /// Not at all.
    Never,
}

/// What is known of the project, and wanted.
#[derive(Debug, Clone)]
pub struct MatrixInput<'a> {
    /// Its `pyproject.toml`.
    pub project: &'a Project,
    /// Its pins.
    pub pins: &'a [BuildRequest],
    /// Whether free-threaded builds are wanted.
    pub free_threaded: Choice,
}

/// One version of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatrixEntry {
    /// `(3, 14)`
    pub minor: (u16, u16),
    /// Where requires-python does not admit the newest release: the newest that it admits.
    pub patch: Option<u16>,
    /// `t`
    pub is_free_threaded: bool,
}

/// The versions, in their order, and what the person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// At least one.
    pub entries: Vec<MatrixEntry>,
    /// Each a sentence.
    pub notes: Vec<String>,
}

/// Why there is no matrix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// The project says nothing of versions.
    #[error("it names no versions: no requires-python, no classifier, and nothing is pinned")]
    Silent,
    /// What it says leaves none.
    #[error("no released version is among those that it names")]
    Nothing {
        /// Why what it names is none, each a sentence.
        notes: Vec<String>,
        /// Whether requires-python excludes what the classifiers name.
        is_contradiction: bool,
    },
}
