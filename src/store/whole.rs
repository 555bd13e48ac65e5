//! The store as a whole: what of it is there, and removing all of it.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::store::layout::Store;
use std::path::{Path, PathBuf};

/// Everything that ftpy makes in its store; see the module's page. Only these go: somebody may
/// keep other things in a directory that FTPY_HOME names.
const ENTRIES: [&str; 11] = [
    "installs", "aliases", "shims", "config", "known", "cache", "index", "locks", "logs", "stage",
    "lock",
];

impl Store {
    /// What of the store is there, by path.
    #[must_use]
    pub fn entries(&self) -> Vec<PathBuf> {
        let paths = ENTRIES.iter().map(|name| self.root().join(name));
        paths
            .filter(|path| path.symlink_metadata().is_ok())
            .collect()
    }

    /// Removes all of it, and the directory if nothing else is in it. External installations
    /// are records here, and their files are elsewhere.
    ///
    /// # Errors
    /// Where the directory is one that cannot be a store alone, or something cannot be removed.
    pub fn remove_all(&self, home: Option<&Path>) -> Result<()> {
        let root = self.root();
        if root.parent().is_none() || home.is_some_and(|home| home.starts_with(root)) {
            let message = format!("{} is no directory of ftpy's alone", root.display());
            return Err(Failure::new(Kind::System, message)
                .hint("FTPY_HOME names it; remove what is ftpy's in there by hand"));
        }
        // Nobody commits meanwhile. The lock itself is the last to go.
        let _commit = self.lock_commit()?;
        for path in self.entries() {
            let is_directory = path.symlink_metadata().is_ok_and(|one| one.is_dir());
            let removed = match is_directory {
                true => std::fs::remove_dir_all(&path),
                false => std::fs::remove_file(&path),
            };
            removed.map_err(IoFailure::at("remove", &path))?;
        }
        // Not empty, and so not ftpy's alone: it stays.
        let _ = std::fs::remove_dir(root);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ftpy_made_goes() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().join("store"));
        let outside = home.path().join("outside");
        std::fs::create_dir_all(store.root().join("installs/x")).expect("mkdir");
        std::fs::create_dir_all(&outside).expect("mkdir");
        std::fs::write(outside.join("file"), "mine").expect("write");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outside, store.root().join("installs/y")).expect("link");
        std::fs::write(store.root().join("mine.txt"), "mine").expect("write");
        store.remove_all(Some(home.path())).expect("remove");
        assert!(outside.join("file").exists() && store.root().join("mine.txt").exists());
        assert!(store.entries().is_empty());
        std::fs::remove_file(store.root().join("mine.txt")).expect("remove");
        store.remove_all(Some(home.path())).expect("remove");
        assert!(!store.root().exists());
    }

    #[test]
    fn a_home_directory_is_no_store() {
        let home = tempfile::tempdir().expect("tempdir");
        std::fs::create_dir(home.path().join("cache")).expect("mkdir");
        let store = Store::at(home.path().to_owned());
        assert!(store.remove_all(Some(&home.path().join("me"))).is_err());
        assert!(home.path().join("cache").exists());
    }
}
