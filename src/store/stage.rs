//! A stage: a temporary directory in which something is built. It is removed when dropped; stages
//! of killed processes are removed by the next run.

use crate::error::{IoFailure, Result};
use crate::host::fs::is_noexec;
use crate::store::error::StoreError;
use crate::store::layout::{Store, create_dir};
use crate::store::owned_names::{entries, is_stage, remove_if_empty};
use crate::store::process_lock::Lock;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A temporary directory. Only [`Store::commit`](crate::store::Store::commit) turns its contents
/// into an installation.
#[derive(Debug)]
pub struct Stage {
    directory: PathBuf,
    lock_path: PathBuf,
    /// Held as long as the process lives; `None` if the file system does not support locks.
    lock: Option<File>,
}

impl Store {
    /// Creates an empty stage for an installation.
    ///
    /// # Errors
    /// Returns an error if the store is not writable or programs in it cannot be started.
    pub fn stage(&self) -> Result<Stage> {
        self.check_programs_start()?;
        self.stage_to_remove()
    }

    /// Like [`stage`](Self::stage), for an installation that is being removed.
    pub(super) fn stage_to_remove(&self) -> Result<Stage> {
        self.stage_in(&self.install_stages())
    }

    /// Creates an empty stage for files of the cache.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn cache_stage(&self) -> Result<Stage> {
        self.stage_in(&self.cache_stages())
    }

    /// Checks that programs can be started on the file system of the installations.
    ///
    /// # Errors
    /// Returns an error if it is mounted noexec.
    pub fn check_programs_start(&self) -> Result<()> {
        programs_start_in(&self.place_of_prefixes())
    }

    /// Checks that programs can be started on the file system of the source trees: a build runs
    /// configure and programs that it compiled.
    ///
    /// # Errors
    /// Returns an error if it is mounted noexec.
    pub fn check_builds_start(&self) -> Result<()> {
        programs_start_in(&self.cache())
    }

    fn stage_in(&self, stages: &Path) -> Result<Stage> {
        let _commit = self.lock_commit()?;
        let id = format!("{}-{:08x}", std::process::id(), fastrand::u32(..));
        let lock_path = stages.join(format!("{id}.lock"));
        let lock = loop {
            create_dir(stages)?;
            match File::create(&lock_path) {
                // The last stage was just released, and removed the directory.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                made => break made.map_err(IoFailure::at("create", &lock_path))?,
            }
        };
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

    /// Removes the stages of processes that ended, and returns their number.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn sweep(&self) -> Result<usize> {
        self.sweep_temporaries();
        if self.stage_directories().is_empty() && self.lone_locks().is_empty() {
            return Ok(0);
        }
        // Stages are created under this lock, too, so none is seen half-created.
        let _commit = self.lock_commit()?;
        // Left by a kill between creating the lock and the directory, or while removing them.
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
        remove_if_empty(&self.install_stages());
        remove_if_empty(&self.cache_stages());
        Ok(swept)
    }

    /// The stages of processes that ended. Changes nothing.
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
        let is_lone = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            let id = name.and_then(|name| name.strip_suffix(".lock"));
            id.is_some_and(is_stage) && !path.with_extension("").exists()
        };
        let mut found = self.in_stages();
        found.retain(is_lone);
        found
    }

    fn stage_directories(&self) -> Vec<PathBuf> {
        let is_one = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(is_stage)
        };
        let mut found = self.in_stages();
        found.retain(is_one);
        found
    }

    fn in_stages(&self) -> Vec<PathBuf> {
        let stages = [self.install_stages(), self.cache_stages()];
        stages.iter().flat_map(|one| entries(one)).collect()
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
        remove_if_empty(self.directory.parent().unwrap_or(&self.directory));
    }
}

fn programs_start_in(directory: &Path) -> Result<()> {
    match is_noexec(directory) {
        true => Err(StoreError::Noexec(directory.to_owned()).into()),
        false => Ok(()),
    }
}

/// Removes a tree, retrying for a moment: the children of a killed build may still be writing.
/// Anything left is removed by the next run.
fn remove(directory: &Path) {
    for _ in 0..5 {
        match std::fs::remove_dir_all(directory) {
            Ok(()) => return,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(40)),
        }
    }
}
