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
        let Ok(entries) = std::fs::read_dir(self.stages()) else {
            return Ok(0);
        };
        let names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        if names.is_empty() {
            return Ok(0);
        }
        // A stage is made under this lock, too: what is seen below is whole.
        let _commit = self.lock_commit()?;
        let is_lock = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "lock");
        let (locks, names): (Vec<PathBuf>, Vec<PathBuf>) = names.into_iter().partition(is_lock);
        let mut swept = 0;
        // One that was killed between its lock and its directory, or the other way round.
        for lock_path in locks {
            let is_alone = !lock_path.with_extension("").exists();
            if is_alone && Lock::try_take(&lock_path).is_some() {
                let _ = std::fs::remove_file(&lock_path);
            }
        }
        for directory in names {
            let lock_path = directory.with_extension("lock");
            let is_dead = !lock_path.exists() || Lock::try_take(&lock_path).is_some();
            if is_dead {
                remove(&directory);
                let _ = std::fs::remove_file(&lock_path);
                swept += 1;
            }
        }
        Ok(swept)
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
