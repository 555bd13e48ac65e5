//! A stage: a directory in which something is being made. It is gone when it is dropped, and
//! what a killed process left is swept by the next one.

use crate::error::{IoFailure, Result};
use crate::store::layout::{Store, create_dir};
use crate::store::lock::Lock;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Work in progress. Only [`Store::commit`](crate::store::Store::commit) makes an
/// installation of it.
#[derive(Debug)]
pub struct Stage {
    directory: PathBuf,
    lock_path: PathBuf,
    /// Held as long as the process lives; `None` where the file system has no locks.
    lock: Option<File>,
}

impl Store {
    /// Makes a new, empty stage.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn stage(&self) -> Result<Stage> {
        let _commit = self.lock_commit()?;
        let stages = self.stages();
        create_dir(&stages)?;
        let id = format!("{}-{:08x}", std::process::id(), fastrand::u32(..));
        let lock_path = stages.join(format!("{id}.lock"));
        let lock = File::create(&lock_path).map_err(IoFailure::at("create", &lock_path))?;
        let is_locked = lock.try_lock().is_ok();
        let directory = stages.join(id);
        let stage = Stage {
            directory,
            lock_path,
            lock: is_locked.then_some(lock),
        };
        create_dir(&stage.directory)?;
        Ok(stage)
    }

    /// Removes the stages of processes that are gone. Returns how many there were.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn sweep(&self) -> Result<usize> {
        self.sweep_temporaries();
        if self.stage_directories().is_empty() && self.lone_locks().is_empty() {
            return Ok(0);
        }
        // A stage is made under this lock, too: what is seen below is whole.
        let _commit = self.lock_commit()?;
        // One that was killed between its lock and its directory, or the other way round.
        for lock_path in self.lone_locks() {
            if Lock::try_take(&lock_path).is_some() {
                let _ = std::fs::remove_file(&lock_path);
            }
        }
        let mut swept = 0;
        for directory in self.leftovers() {
            remove(&directory);
            let _ = std::fs::remove_file(directory.with_extension("lock"));
            swept += 1;
        }
        Ok(swept)
    }

    /// The stages of processes that are gone. Nothing is changed.
    #[must_use]
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let is_dead = |directory: &PathBuf| {
            let lock_path = directory.with_extension("lock");
            !lock_path.exists() || Lock::try_take(&lock_path).is_some()
        };
        let mut found = self.stage_directories();
        found.retain(is_dead);
        found
    }

    fn lone_locks(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.stages()).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        let is_lone = |path: &PathBuf| {
            let is_lock = path.extension().is_some_and(|ending| ending == "lock");
            is_lock && !path.with_extension("").exists()
        };
        paths.filter(is_lone).collect()
    }

    fn stage_directories(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.stages()).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.path());
        paths
            .filter(|path| path.extension().is_none_or(|ending| ending != "lock"))
            .collect()
    }
}

impl Stage {
    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        remove(&self.directory);
        let _ = std::fs::remove_file(&self.lock_path);
        drop(self.lock.take());
    }
}

/// Removes a tree, trying again for a moment: the children of a killed build may still be
/// writing. What stays nevertheless is swept by the next run.
fn remove(directory: &Path) {
    for _ in 0..5 {
        match std::fs::remove_dir_all(directory) {
            Ok(()) => return,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(40)),
        }
    }
}
