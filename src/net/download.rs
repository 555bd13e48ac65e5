//! A download and its result.

use crate::digest::Digest;
use crate::net::Reason;
use crate::report::{Task, Verb};
use crate::secret_url::SecretUrl;
use std::path::PathBuf;

/// A file to download.
#[derive(Debug)]
pub struct Download<'a> {
    /// URLs of the same bytes, the best first.
    pub urls: &'a [SecretUrl],
    /// The expected digest; `None` only if the user explicitly allowed that.
    pub sha256: Option<Digest>,
    /// The expected size, if known.
    pub size: Option<u64>,
    /// The path in the cache, which is checked first.
    pub cached: Option<PathBuf>,
    /// The path of a partial download, which is resumed.
    pub partial: Option<PathBuf>,
    /// The name in messages.
    pub file: &'a str,
}

impl Download<'_> {
    /// Returns the verb for messages: a local file is not downloaded.
    pub(super) fn verb(&self) -> Verb {
        match (self.urls.iter().all(SecretUrl::is_file), self.sha256) {
            (false, _) => Verb::Downloading,
            (true, Some(_)) => Verb::Verifying,
            (true, None) => Verb::Reading,
        }
    }

    /// Returns the file name, or the task's name if the file name is too long for a line.
    pub(super) fn subject(&self, task: &Task) -> String {
        const LONGEST: usize = 32;
        let name = task.name();
        match self.file.len() > LONGEST && name.len() < self.file.len() {
            true => name,
            false => self.file.to_owned(),
        }
    }
}

/// A finished download.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The URL that it came from; the first one if it was cached.
    pub url: String,
    /// The digest.
    pub sha256: Digest,
    /// The size.
    pub size: u64,
    /// The URLs that failed before that one, and why.
    pub passed_over: Vec<Reason>,
}
