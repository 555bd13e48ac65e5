//! The two operations that change the store: adding and removing an installation.

use crate::error::{IoFailure, Result};
use crate::store::layout::{Store, create_dir};
use crate::store::stage::Stage;
use ftpy_core::key::Key;
use std::path::Path;

impl Store {
    /// Moves the directory `made` out of the stage as the installation `key`. An existing
    /// installation is exchanged atomically and removed with the stage.
    ///
    /// # Errors
    /// Returns an error if the store is not writable; it is then unchanged.
    pub fn commit(&self, stage: Stage, made: &Path, key: &Key) -> Result<()> {
        let _commit = self.lock_commit()?;
        let prefix = self.prefix(key);
        create_dir(&self.place_of_prefixes())?;
        if prefix.symlink_metadata().is_err() {
            std::fs::rename(made, &prefix).map_err(IoFailure::at("create", &prefix))?;
        } else if exchange(made, &prefix).is_err() {
            // The file system cannot exchange two directories. The installation is missing for a
            // moment; a kill right then loses the installation, but does not damage the store.
            let old = stage.path().join("old");
            std::fs::rename(&prefix, &old).map_err(IoFailure::at("replace", &prefix))?;
            if let Err(error) = std::fs::rename(made, &prefix) {
                let _ = std::fs::rename(&old, &prefix);
                return Err(IoFailure::at("create", &prefix)(error).into());
            }
        }
        drop(stage);
        Ok(())
    }

    /// Removes the installation `key`. `first` runs before, while no other process can change the
    /// store, to redirect whatever points to the installation. Commands use
    /// `link::remove_installation`.
    ///
    /// # Errors
    /// Returns an error if the store is not writable or `first` fails; the installation is then
    /// kept.
    pub fn remove(&self, key: &Key, first: impl FnOnce() -> Result<()>) -> Result<()> {
        let stage = self.stage_to_remove()?;
        {
            let _commit = self.lock_commit()?;
            first()?;
            let prefix = self.prefix(key);
            let old = stage.path().join("old");
            std::fs::rename(&prefix, &old).map_err(IoFailure::at("remove", &prefix))?;
        }
        drop(stage);
        let _ = std::fs::remove_file(self.log(key));
        Ok(())
    }
}

/// Exchanges two directories atomically: renameat2(2) on Linux, renameatx_np(2) on macOS.
fn exchange(a: &Path, b: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?;
        Ok(())
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    {
        let _ = (a, b);
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().join("store"));
        (home, store)
    }

    fn key() -> Key {
        let host = ftpy_core::target::Target::new("linux", "x86_64", "gnu");
        Key::from_name("3.14.7t-pbs-20260901", &host).expect("a key")
    }

    fn commit(store: &Store, text: &str) {
        let stage = store.stage().expect("stage");
        let made = stage.path().join("root");
        std::fs::create_dir(&made).expect("mkdir");
        std::fs::write(made.join("file"), text).expect("write");
        store.commit(stage, &made, &key()).expect("commit");
    }

    fn stages(store: &Store) -> usize {
        let stages = [store.install_stages(), store.cache_stages()];
        let entries = stages.iter().map(std::fs::read_dir);
        entries.flatten().flatten().count()
    }

    #[test]
    fn a_commit_replaces_the_installation_and_leaves_no_stage() {
        let (_home, store) = store();
        commit(&store, "old");
        commit(&store, "new");
        let read = std::fs::read_to_string(store.prefix(&key()).join("file")).expect("read");
        assert_eq!(read, "new");
        assert_eq!(stages(&store), 0);
        store.remove(&key(), || Ok(())).expect("remove");
        assert!(!store.prefix(&key()).exists());
        assert!(store.remove(&key(), || Ok(())).is_err());
        assert_eq!(stages(&store), 0);
    }

    #[test]
    fn a_sweep_removes_only_stages_of_dead_processes() {
        let (_home, store) = store();
        let living = store.stage().expect("stage");
        let dead = store.install_stages().join("1-0000dead");
        std::fs::create_dir_all(dead.join("deep")).expect("mkdir");
        std::fs::write(store.install_stages().join("1-0000dead.lock"), "").expect("write");
        let mine = [
            store.install_stages().join("notes"),
            store.cache_stages().join("1-mine.lock"),
        ];
        std::fs::create_dir_all(store.cache_stages()).expect("mkdir");
        mine.iter()
            .for_each(|path| std::fs::write(path, "mine").expect("write"));
        std::fs::write(store.cache_stages().join("2-0000a10e.lock"), "").expect("write");
        assert_eq!(store.sweep().expect("sweep"), 1);
        assert!(!dead.exists() && living.path().exists());
        drop(living);
        assert!(mine.iter().all(|path| path.exists()));
        assert_eq!(stages(&store), mine.len());
    }
}
