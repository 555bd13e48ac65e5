//! What a lock holds, as types, and why a text is none.

use crate::error::{Failure, Kind};
use crate::provider::Candidate;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;
use std::path::Path;

/// The name of the file.
pub const FILE: &str = "ftpy.lock";

/// The format that this program reads and writes.
pub(super) const FORMAT: i64 = 1;

/// A lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The requests that were named, beside those of the version file, in the order in which
    /// they were: without a version file the first of them is active.
    pub requests: Option<Vec<BuildRequest>>,
    /// What they are locked for.
    pub platforms: Vec<Target>,
    /// `--from`
    pub sources: Vec<ProviderName>,
    /// `--channel`
    pub channels: Vec<String>,
    /// One for each request and platform.
    pub entries: Vec<LockEntry>,
}

/// What one request means on one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    /// The request, in its canonical form.
    pub request: BuildRequest,
    /// The machine that it is for.
    pub platform: Target,
    /// What it means there.
    pub found: LockedBuild,
}

/// The meaning of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockedBuild {
    /// This build, of these bytes.
    Build(Box<Candidate>),
    /// Nobody has one: why.
    Nothing(String),
}

/// Why a text is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// It cannot be used.
    #[error("{reason}")]
    Bad {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A merge stopped in it.
    #[error("the marks of a merge conflict")]
    Conflict {
        /// Counted from 1.
        line: usize,
        /// What either side was told to lock by name, as it is written.
        named: Vec<String>,
    },
    /// A newer ftpy made it.
    #[error("it is of format {0}, which a newer ftpy writes; this one reads format {FORMAT}")]
    Newer(i64),
}

impl LockError {
    /// The line that it is about, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Bad { line, .. } | Self::Conflict { line, .. } => Some(*line),
            Self::Newer(_) => None,
        }
    }

    /// As a failure about the file at `path`.
    #[must_use]
    pub fn at(&self, path: &Path) -> Failure {
        let path = path.display();
        match self {
            Self::Bad { line, .. } => Failure::new(Kind::Usage, format!("{path}:{line}: {self}"))
                .hint("restore the file (`git checkout`), or remove it and run `ftpy lock`"),
            Self::Conflict { line, named } => {
                // Either side alone would forget what the other one added.
                let words = ["ftpy", "lock"].map(str::to_owned);
                let words: Vec<String> = words.into_iter().chain(named.iter().cloned()).collect();
                let lock = paste::line(&words);
                let both = match named.as_slice() {
                    [] => "",
                    _ => ", which names what both sides do",
                };
                Failure::new(Kind::Usage, format!("{path}:{line}: {self}")).hint(format!(
                    "take either side (`git checkout --ours ftpy.lock`), then run \
                     `{lock}`{both}"
                ))
            }
            Self::Newer(_) => {
                Failure::new(Kind::System, format!("{path}: {self}")).hint("update ftpy")
            }
        }
    }
}

impl Lock {
    /// The requests in it, each once, in their order.
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

    /// What a request means on a platform, if that is locked.
    #[must_use]
    pub fn entry(&self, request: &BuildRequest, platform: &Target) -> Option<&LockEntry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.request == *request && entry.platform == *platform)
    }

    /// Puts everything into the one order in which it is written; only the requests that were
    /// named stay as they are, each once.
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
