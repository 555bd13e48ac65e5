//! What is to be fetched, and what was.

use crate::digest::Digest;
use crate::net::Reason;
use crate::report::{Task, Verb};
use crate::secret_url::SecretUrl;
use std::path::PathBuf;

/// What to fetch.
#[derive(Debug)]
pub struct Download<'a> {
    /// Where the same bytes are, the best place first.
    pub urls: &'a [SecretUrl],
    /// What they must be; `None` only where the person said so by name.
    pub sha256: Option<Digest>,
    /// How many they must be, if that is known.
    pub size: Option<u64>,
    /// Where the whole file is kept, and looked for first.
    pub cached: Option<PathBuf>,
    /// Where a part is kept, to go on with.
    pub partial: Option<PathBuf>,
    /// What to call it in front of people.
    pub file: &'a str,
}

impl Download<'_> {
    /// What is done with it: a file on this disk is not downloaded.
    pub(super) fn verb(&self) -> Verb {
        match (self.urls.iter().all(SecretUrl::is_file), self.sha256) {
            (false, _) => Verb::Downloading,
            (true, Some(_)) => Verb::Verifying,
            (true, None) => Verb::Reading,
        }
    }

    /// The name of the file, or of the task where the file's is too long for a line.
    pub(super) fn subject(&self, task: &Task) -> String {
        const LONGEST: usize = 32;
        let name = task.name();
        match self.file.len() > LONGEST && name.len() < self.file.len() {
            true => name,
            false => self.file.to_owned(),
        }
    }
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it came from; the first place, if from the cache.
    pub url: String,
    /// What the bytes are.
    pub sha256: Digest,
    /// How many they are.
    pub size: u64,
    /// Places that were asked before that one, and could not serve.
    pub passed_over: Vec<Reason>,
}
