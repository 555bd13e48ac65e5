//! The lock file as types, and its errors.

use crate::error::{Failure, Kind};
use crate::provider::Candidate;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;
use std::path::Path;

/// The file name.
pub const FILE: &str = "ftpy.lock";

/// The supported format.
pub(super) const FORMAT: i64 = 1;

/// A lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The explicit requests, in order, in addition to those of the version file. Without a version
    /// file the first of them is active.
    pub requests: Option<Vec<BuildRequest>>,
    /// The locked platforms.
    pub platforms: Vec<Target>,
    /// `--from`
    pub sources: Vec<ProviderName>,
    /// `--channel`
    pub channels: Vec<String>,
    /// One entry per request and platform.
    pub entries: Vec<LockEntry>,
}

/// The locked build of a request on a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    /// The request in its canonical form.
    pub request: BuildRequest,
    /// The platform of the machine.
    pub platform: Target,
    /// The locked build.
    pub found: LockedBuild,
}

/// What is locked for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockedBuild {
    /// A build with its digests.
    Build(Box<Candidate>),
    /// No build is available, and why.
    Nothing(String),
}

/// Why a lock file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// It is invalid.
    #[error("{reason}")]
    Bad {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// It contains conflict markers.
    #[error("unresolved merge conflict")]
    Conflict {
        /// The line, counted from 1.
        line: usize,
        /// The explicit requests of both sides, as written.
        named: Vec<String>,
    },
    /// It was written by a newer ftpy.
    #[error("format {0} is newer than this ftpy supports (format {FORMAT})")]
    Newer(i64),
}

impl LockError {
    /// The line of the error, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Bad { line, .. } | Self::Conflict { line, .. } => Some(*line),
            Self::Newer(_) => None,
        }
    }

    /// Converts to a failure about the file at `path`.
    #[must_use]
    pub fn at(&self, path: &Path) -> Failure {
        let path = path.display();
        match self {
            Self::Bad { line, .. } => Failure::new(Kind::Usage, format!("{path}:{line}: {self}"))
                .hint("restore it with `git checkout ftpy.lock`, or remove it and run `ftpy lock`"),
            Self::Conflict { line, named } => {
                // Either side alone would lose what the other one added.
                let words = ["ftpy", "lock"].map(str::to_owned);
                let words: Vec<String> = words.into_iter().chain(named.iter().cloned()).collect();
                let lock = paste::line(&words);
                let both = match named.as_slice() {
                    [] => "",
                    _ => " to lock the requests of both sides",
                };
                Failure::new(Kind::Usage, format!("{path}:{line}: {self}")).hint(format!(
                    "resolve it with `git checkout --ours ftpy.lock`, then run \
                     `{lock}`{both}"
                ))
            }
            Self::Newer(_) => Failure::new(Kind::System, format!("{path}: {self}"))
                .hint("run `ftpy self update` to update ftpy"),
        }
    }
}

impl Lock {
    /// The locked requests, without duplicates, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<&BuildRequest> {
        let mut found: Vec<&BuildRequest> = Vec::new();
        for entry in &self.entries {
            if !found.contains(&&entry.request) {
                found.push(&entry.request);
            }
        }
        found
    }

    /// The locked build of a request on a platform.
    #[must_use]
    pub fn entry(&self, request: &BuildRequest, platform: &Target) -> Option<&LockEntry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.request == *request && entry.platform == *platform)
    }

    /// Sorts everything into the order of the file; only explicit requests keep their order,
    /// without duplicates.
    pub fn sort(&mut self) {
        self.platforms.sort();
        self.platforms.dedup();
        if let Some(requests) = &mut self.requests {
            let mut seen = Vec::new();
            requests.retain(|request| {
                let is_new = !seen.contains(request);
                seen.push(request.clone());
                is_new
            });
        }
        self.entries
            .sort_by_cached_key(|entry| (entry.request.to_string(), entry.platform.clone()));
    }
}
