//! Virtual environments of scripts, in `cache/scripts/<digest>/`. A process that runs a script holds
//! a shared lock, so that the environment is not removed under it.
//!
//! Format of `script.json` in such an environment, which is written last: `{"key": "3.14.7t-pbs-1",
//! "dependencies": ["httpx"]}`. Without it, the environment is incomplete and is made again.

use crate::error::Result;
use crate::host::plain_file;
use crate::store::error::StoreError;
use crate::store::layout::{Store, write_whole};
use crate::store::owned_names::{entries, is_digest, remove};
use crate::store::process_lock::Lock;
use ftpy_core::target::Target;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The file that marks an environment as complete.
const MARK: &str = "script.json";

/// What the environment of a script was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptEnvironment {
    /// The installation: `3.14.7t-pbs-20260901`.
    pub key: String,
    /// The requirements.
    pub dependencies: Vec<String>,
}

impl ScriptEnvironment {
    /// Reads what a complete environment was made of; `None` for another directory.
    #[must_use]
    pub fn at(directory: &Path) -> Option<Self> {
        let text = plain_file::read_text(&directory.join(MARK)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Marks an environment as complete.
    ///
    /// # Errors
    /// Returns an error if it is not writable.
    pub fn complete(&self, directory: &Path) -> Result<()> {
        let text = serde_json::to_string(self).unwrap_or_default();
        Ok(write_whole(&directory.join(MARK), text.as_bytes())?)
    }
}

impl Store {
    /// The environments whose installation was removed, or that are incomplete.
    #[must_use]
    pub fn orphaned_script_environments(&self, host: &Target) -> Vec<PathBuf> {
        let mut found = entries(&self.cache().join("scripts"));
        let all = self.usable(host);
        found.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            let made_of = ScriptEnvironment::at(path);
            let is_base = |key: &str| all.iter().any(|one| one.key.to_string() == key);
            name.is_some_and(is_digest) && !made_of.is_some_and(|made_of| is_base(&made_of.key))
        });
        found
    }

    /// Removes an environment, unless a script runs in it. Returns whether it was removed.
    ///
    /// # Errors
    /// Returns an error if it cannot be removed.
    pub fn remove_script_environment(&self, path: &Path) -> Result<bool> {
        let Ok(_lock) = self.hold_script_environment(path) else {
            return Ok(false);
        };
        remove(path)?;
        Ok(true)
    }

    /// Locks an entry of `cache/scripts/`, if no process uses it. Other entries need no lock.
    pub(super) fn hold_script_environment(&self, path: &Path) -> Result<Option<Lock>> {
        let name = path.file_name().and_then(|name| name.to_str());
        let is_one = path.parent() == Some(&self.cache().join("scripts"));
        let Some(name) = name.filter(|_| is_one) else {
            return Ok(None);
        };
        match Lock::take_if_free(self.script_lock(name))? {
            Some(lock) => Ok(Some(lock)),
            None => Err(StoreError::InUse(path.to_owned()).into()),
        }
    }
}
