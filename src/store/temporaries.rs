//! Removes what killed processes left in the store: temporary files that were never renamed, and
//! lock files. Stages are handled by [`stage`](super::stage), shims and aliases by the module
//! `link`.

use crate::host::atomic_file;
use crate::store::layout::Store;
use crate::store::owned_names::{entries, is_lock_name};
use crate::store::process_lock::Lock;
use std::path::Path;

impl Store {
    /// Removes temporary files and locks whose process ended.
    pub fn sweep_temporaries(&self) {
        let root = self.root();
        for directory in [
            root.to_owned(),
            root.join("index"),
            root.join("known"),
            self.cache().join("times"),
            self.cache().join("sha256"),
            self.cache().join("wheels"),
        ]
        .into_iter()
        .chain(entries(&self.cache().join("wheels")))
        {
            atomic_file::sweep(&directory);
        }
        let locks = std::fs::read_dir(root.join("locks")).into_iter().flatten();
        for lock in locks.flatten().map(|entry| entry.path()) {
            if is_lock(&lock) {
                Lock::remove_if_free(&lock);
            }
        }
    }
}

/// Whether a file is one of ftpy's locks, by its name and contents: nothing, or a process id.
fn is_lock(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_short = path
        .symlink_metadata()
        .is_ok_and(|about| about.is_file() && about.len() <= 64);
    is_lock_name(&name)
        && is_short
        && std::fs::read_to_string(path).is_ok_and(|text| {
            let process = text.strip_prefix("process ");
            text.is_empty() || process.is_some_and(|id| id.parse::<u32>().is_ok())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftpy_core::key::Key;
    use ftpy_core::target::Target;

    #[test]
    fn a_sweep_removes_only_what_dead_processes_left() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().to_owned());
        let key = Key::from_name("3.14.7t-pbs-20260901", &Target::new("", "", "")).expect("a key");
        let held = store.lock_key(&key, |_| {}, || false).expect("lock");
        std::fs::create_dir_all(home.path().join("known")).expect("mkdir");
        for (path, stays) in [
            (".config.ftpy-0123456789abcdef", false),
            (".config.swp", true),
            ("known/.pins.ftpy-0123456789abcdef", false),
            ("known/.pins.ftpy-mine", true),
            ("locks/3.14.6t-pbs-20260901", false),
            ("locks/mine", true),
        ] {
            let path = home.path().join(path);
            std::fs::write(&path, "").expect("write");
            store.sweep().expect("sweep");
            assert_eq!(path.exists(), stays, "{}", path.display());
        }
        let notes = home.path().join("locks/3.14-notes");
        std::fs::write(&notes, "mine").expect("write");
        store.sweep().expect("sweep");
        assert!(notes.exists() && home.path().join("locks/3.14.7t-pbs-20260901").exists());
        drop(held);
    }
}
