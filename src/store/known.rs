//! What uses the store from outside: version files and virtual environments that ftpy wrote or
//! was asked about, so that `prune` and `doctor` can look at them again.
//!
//! Format of `known/pins` and `known/venvs`: one absolute path a line. What is no longer there
//! is forgotten at the next write.

use crate::error::Result;
use crate::store::layout::{Store, write_whole};
use ftpy_shims::file;
use std::path::{Path, PathBuf};

/// A longer list is not one that ftpy wrote.
pub(super) const LONGEST: u64 = 1 << 26;

/// What kind of thing is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Version files.
    Pins,
    /// Directories of virtual environments.
    Venvs,
}

impl Store {
    /// What is remembered and still there.
    #[must_use]
    pub fn known(&self, what: Known) -> Vec<PathBuf> {
        let text = file::read(&self.known_list(what), LONGEST);
        there(&text.ok().flatten().unwrap_or_default())
    }

    /// Remembers a path. One that is not UTF-8 or spans lines cannot be written down, and is
    /// left out: it is protection, not bookkeeping.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn remember(&self, what: Known, path: &Path) -> Result<()> {
        let Some(text) = path.to_str().filter(|text| !text.contains('\n')) else {
            return Ok(());
        };
        let _commit = self.lock_commit()?;
        // A list that cannot be read is not replaced by a shorter one.
        let list = file::read(&self.known_list(what), LONGEST)?;
        let mut known = there(&list.unwrap_or_default());
        if known.iter().any(|known| known == path) {
            return Ok(());
        }
        known.push(PathBuf::from(text));
        let lines = known.iter().map(|path| format!("{}\n", path.display()));
        let text: String = lines.collect();
        Ok(write_whole(&self.known_list(what), text.as_bytes())?)
    }
}

fn there(text: &str) -> Vec<PathBuf> {
    let paths = text.lines().map(PathBuf::from);
    paths
        .filter(|path| path.is_absolute() && path.exists())
        .collect()
}
