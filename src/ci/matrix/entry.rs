//! The elements of a matrix: the available versions, and the chosen ones.

use crate::ci::matrix::project::Project;
use crate::manifest::releases::Support;
use ftpy_core::request::BuildRequest;
use std::collections::BTreeSet;

/// An available minor version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMinor {
    /// `(3, 14)`
    pub minor: (u16, u16),
    /// The state of free threading in it.
    pub support: Support,
    /// The `N` of each known release 3.14.N; empty if there are only pre-releases.
    pub patches: BTreeSet<u16>,
    /// Whether upstream's support has ended.
    pub is_over: bool,
}

/// Whether to include free-threaded builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// If a classifier or pin requests them.
    Auto,
    /// Whenever they are supported.
    Always,
    /// Never.
    Never,
}

/// The input: the project and the options.
#[derive(Debug, Clone)]
pub struct MatrixInput<'a> {
    /// Its `pyproject.toml`.
    pub project: &'a Project,
    /// Its pins.
    pub pins: &'a [BuildRequest],
    /// Whether to include free-threaded builds.
    pub free_threaded: Choice,
}

/// A version of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatrixEntry {
    /// `(3, 14)`
    pub minor: (u16, u16),
    /// The newest release that requires-python allows, if that is not the newest one.
    pub patch: Option<u16>,
    /// `t`
    pub is_free_threaded: bool,
}

/// The versions in order, and notes for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// At least one version.
    pub entries: Vec<MatrixEntry>,
    /// The notes, one sentence each.
    pub notes: Vec<String>,
}

/// Why there is no matrix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// The project names no versions.
    #[error("no versions found: no requires-python, no classifier and no pin")]
    Silent,
    /// No version remains.
    #[error("none of the named versions is released")]
    Nothing {
        /// Why each named version is unsuitable, one sentence each.
        notes: Vec<String>,
        /// Whether requires-python excludes what the classifiers name.
        is_contradiction: bool,
    },
}
