//! Lists and removes the store as a whole.

use crate::error::Result;
use crate::host::atomic_file::is_temporary;
use crate::store::error::StoreError;
use crate::store::layout::Store;
use crate::store::owned_names::{entries, is_in_root, last, remove, remove_if_empty};
use std::path::{Path, PathBuf};

/// Everything that ftpy creates in its store; see the parent module.
const ENTRIES: [&str; 10] = [
    "installs", "aliases", "shims", "config", "known", "cache", "index", "locks", "logs", "lock",
];

impl Store {
    /// The existing parts of the store; empty if the directory is not a store.
    #[must_use]
    pub fn entries(&self) -> Vec<PathBuf> {
        if !self.is_there() {
            return Vec::new();
        }
        let paths = ENTRIES.iter().map(|name| self.root().join(name));
        paths
            .filter(|path| path.symlink_metadata().is_ok())
            .collect()
    }

    /// The entries that do not belong to ftpy, as far as it can be seen without removing anything:
    /// in the directory itself and among the installations.
    #[must_use]
    pub fn foreign(&self) -> Vec<PathBuf> {
        if !self.is_there() {
            return Vec::new();
        }
        let is_name = |path: &Path, is_ours: &dyn Fn(&str) -> bool| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| is_ours(name) || is_temporary(name))
        };
        let mut found = entries(self.root());
        found.retain(|path| {
            let is_ours = |name: &str| ENTRIES.contains(&name) || is_in_root(name);
            !is_name(path, &is_ours) && !last(self.root()).contains(path)
        });
        let mut installs = entries(&self.installs());
        installs
            .retain(|path| !self.is_installation(path) && !is_name(path, &|name| name == ".stage"));
        found.extend(installs);
        found.sort();
        found
    }

    /// Removes everything except links and shims, and the directory itself if it is then empty.
    /// External installations are only unregistered; their files are elsewhere.
    ///
    /// Returns the entries that do not belong to ftpy and are kept. `waiting` is called if another
    /// process uses the cache.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be just a store, or something cannot be removed.
    pub fn remove_all(&self, home: Option<&Path>, waiting: impl FnOnce()) -> Result<Vec<PathBuf>> {
        let root = self.root();
        if root.parent().is_none() || home.is_some_and(|home| home.starts_with(root)) {
            return Err(StoreError::NotAlone(root.to_owned()).into());
        }
        self.sweep()?;
        let _cache = self.lock_cache(waiting)?;
        self.clean_cache()?;
        // No other process can commit meanwhile. The lock and the marker are removed last.
        let _commit = self.lock_commit()?;
        self.remove_rest()?;
        for path in last(root) {
            remove(&path)?;
        }
        let left = entries(root);
        // Not empty, so something in it does not belong to ftpy.
        remove_if_empty(root);
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One path of each kind.
    fn ours() -> [String; 17] {
        let digest = "0123456789abcdef".repeat(4);
        let key = "3.14.7t-pbs-20260901";
        [
            format!("installs/{key}/.ftpy/receipt.json"),
            format!("cache/sha256/{digest}"),
            format!("cache/conda/{digest}/info/index.json"),
            format!("cache/builds/{key}/source/configure"),
            "cache/ccache/a/b".to_owned(),
            format!("cache/scripts/{digest}/pyvenv.cfg"),
            format!("locks/script-{digest}"),
            "cache/times/3.14t+pgo.json".to_owned(),
            format!("logs/{key}.log"),
            format!("locks/{key}"),
            format!("locks/download-{digest}"),
            "locks/conda-packages".to_owned(),
            "known/pins".to_owned(),
            "index/pbs.txt".to_owned(),
            "config".to_owned(),
            "installs/.stage/1-0123abcd/root/x".to_owned(),
            "cache/stage/1-0123abcd.lock".to_owned(),
        ]
    }

    #[test]
    fn only_files_of_ftpy_are_removed() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().join("store"));
        store.claim().expect("claim");
        let outside = home.path().join("outside");
        std::fs::create_dir_all(&outside).expect("mkdir");
        std::fs::write(outside.join("file"), "mine").expect("write");
        let write = |path: &str| {
            let path = store.root().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
            std::fs::write(&path, "x").expect("write");
            path
        };
        let ours = ours();
        let ours = ours.map(|path| write(&path));
        let mine = [
            "installs/mine/x",
            "installs/3.14.7t-source/x",
            "cache/mine",
            "cache/sha256/notes",
            "logs/build.log",
            "locks/mine",
            "known/people",
            "stage/1-0123abcd/x",
            "notes",
        ];
        let mine = mine.map(write);
        let foreign = store.foreign();
        let foreign = foreign
            .iter()
            .map(|path| path.strip_prefix(store.root()).expect("below"));
        let foreign: Vec<_> = foreign.map(|path| path.display().to_string()).collect();
        assert_eq!(
            foreign,
            ["installs/3.14.7t-source", "installs/mine", "notes", "stage"]
        );
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outside, store.installs().join("3.13.0-link-x")).expect("link");
        let left = store.remove_all(Some(home.path()), || {}).expect("remove");
        assert!(ours.iter().all(|path| !path.exists()), "{ours:?}");
        assert!(mine.iter().all(|path| path.exists()), "{mine:?}");
        assert!(outside.join("file").exists());
        let names: Vec<_> = left.iter().filter_map(|path| path.file_name()).collect();
        assert!(names.iter().any(|name| *name == "notes"), "{names:?}");
        // Without the marker it no longer belongs to ftpy.
        assert!(store.remove_all(Some(home.path()), || {}).is_err());
        std::fs::remove_dir_all(store.root()).expect("remove");
        store.claim().expect("claim");
        assert!(
            store
                .remove_all(Some(home.path()), || {})
                .expect("remove")
                .is_empty()
        );
        assert!(!store.root().exists());
    }

    #[test]
    fn a_home_directory_is_not_a_store() {
        let home = tempfile::tempdir().expect("tempdir");
        std::fs::create_dir(home.path().join("cache")).expect("mkdir");
        let store = Store::at(home.path().to_owned());
        assert!(
            store
                .remove_all(Some(&home.path().join("me")), || {})
                .is_err()
        );
        assert!(home.path().join("cache").exists());
    }
}
