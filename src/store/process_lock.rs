//! Locks between processes: advisory file locks, which the system releases when a process ends.

use crate::digest::Digest;
use crate::error::{IoFailure, Result};
use crate::host::atomic_file::temporary;
use crate::store::error::StoreError;
use crate::store::layout::{Store, create_dir};
use ftpy_core::key::Key;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The polling interval of a waiting process, which is also the delay of a Ctrl-C.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Set once a lock could not be taken because the file system does not support locks.
static HAS_NO_LOCKS: AtomicBool = AtomicBool::new(false);

/// A lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// The file to remove when the lock is released.
    path: Option<PathBuf>,
}

impl Lock {
    /// Takes the lock at `path`, waiting while another process holds it.
    ///
    /// `waiting` is called once with the holder's description of itself; `is_cancelled` is polled
    /// while waiting. A file system without locks counts as unlocked: refusing to install there
    /// would not help anyone.
    fn take(
        path: &Path,
        about: &str,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Self> {
        Self::take_by(File::try_lock, path, about, waiting, is_cancelled)
    }

    /// Like [`take`](Self::take); `attempt` takes an exclusive or a shared lock.
    fn take_by(
        attempt: impl Fn(&File) -> Result<(), TryLockError>,
        path: &Path,
        about: &str,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Self> {
        create_dir(path.parent().unwrap_or(path))?;
        let mut waiting = Some(waiting);
        let mut file = open(path)?;
        loop {
            match attempt(&file) {
                // The previous holder may have removed the file that is open here.
                Ok(()) if !is_at(&file, path) => file = open(path)?,
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    if let Some(waiting) = waiting.take() {
                        let mut holder = String::new();
                        let _ = file.read_to_string(&mut holder);
                        waiting(holder.trim());
                    }
                    if is_cancelled() {
                        return Err(StoreError::Interrupted.into());
                    }
                    std::thread::sleep(LOOK_AGAIN);
                }
                Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                    HAS_NO_LOCKS.store(true, Ordering::Relaxed);
                    break;
                }
                Err(TryLockError::Error(error)) => {
                    return Err(IoFailure::at("lock", path)(error).into());
                }
            }
        }
        // The contents are for people who wait; the lock does not need them.
        let _ = file.set_len(0);
        let _ = file.rewind();
        let _ = file.write_all(about.as_bytes());
        Ok(Self { file, path: None })
    }

    /// Like [`take`](Self::take), with this process as the holder; the file is removed afterwards.
    fn take_removed(
        path: PathBuf,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Self> {
        let about = format!("process {}", std::process::id());
        let mut lock = Self::take(&path, &about, waiting, is_cancelled)?;
        lock.path = Some(path);
        Ok(lock)
    }

    /// Takes the lock at `path` for a moment, unless another process holds it; the file is removed
    /// afterwards.
    pub(super) fn take_if_free(path: PathBuf) -> Result<Option<Self>> {
        create_dir(path.parent().unwrap_or(&path))?;
        let file = open(&path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            _ => Ok(Some(Self {
                file,
                path: Some(path),
            })),
        }
    }

    /// Lets the programs that this process starts hold the lock, too, also the one that replaces
    /// this process.
    pub fn pass_on(&self) {
        #[cfg(unix)]
        let _ = rustix::io::fcntl_setfd(&self.file, rustix::io::FdFlags::empty());
    }

    /// Takes the lock only if it is free.
    pub(super) fn try_take(path: &Path) -> Option<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
        file.try_lock().ok()?;
        Some(Self { file, path: None })
    }

    /// Removes the file of a lock that no process holds.
    pub(super) fn remove_if_free(path: &Path) {
        if let Some(mut lock) = Self::try_take(path) {
            lock.path = Some(path.to_owned());
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still locked: a process that opened the file earlier checks that it exists.
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
        let _ = self.file.unlock();
    }
}

/// Opens a lock file without following a link, whose target would not belong to ftpy.
fn open(path: &Path) -> Result<File, IoFailure> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW.bits();
        options.custom_flags(i32::try_from(flags).unwrap_or_default());
    }
    options.open(path).map_err(IoFailure::at("open", path))
}

/// Whether an open file is the one at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (Ok(open), Ok(there)) = (file.metadata(), path.metadata()) else {
            return false;
        };
        (open.dev(), open.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// Whether two attempts to take one lock, with both files open, show that locks work.
fn is_exclusive(first: &Result<(), TryLockError>, second: &Result<(), TryLockError>) -> bool {
    matches!((first, second), (Ok(()), Err(TryLockError::WouldBlock)))
}

/// Whether the file system does not support locks or its lock server does not answer: NFS
/// without lockd, Lustre without `-o flock`, and some FUSE file systems.
fn is_unsupported(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let known = [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP];
        if let Some(code) = error.raw_os_error() {
            return known.iter().any(|known| known.raw_os_error() == code);
        }
    }
    error.kind() == std::io::ErrorKind::Unsupported
}

/// Whether this process continued without a lock because the file system does not support them.
#[must_use]
pub fn is_unlocked() -> bool {
    HAS_NO_LOCKS.load(Ordering::Relaxed)
}

impl Store {
    /// Takes the lock of a key, so that two processes do not install it at once.
    ///
    /// # Errors
    /// Returns an error if the store is not writable, or on Ctrl-C while waiting.
    pub fn lock_key(
        &self,
        key: &Key,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.key_lock(key), waiting, is_cancelled)
    }

    /// Takes the lock of a download, which several builds may need.
    ///
    /// # Errors
    /// Returns an error if the store is not writable, or on Ctrl-C while waiting.
    pub fn lock_download(&self, digest: &Digest, is_cancelled: impl Fn() -> bool) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.download_lock(digest), |_| {}, is_cancelled)
    }

    /// Takes the lock for making the environment of a script.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn lock_script_environment(
        &self,
        digest: &Digest,
        waiting: impl FnOnce(&str),
    ) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.script_lock(&digest.to_string()), waiting, || false)
    }

    /// Protects the environment of a script from being removed until the lock is dropped; any number
    /// of processes may hold it. Waits while another process makes it.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn share_script_environment(
        &self,
        digest: &Digest,
        waiting: impl FnOnce(&str),
    ) -> Result<Lock> {
        self.claim()?;
        let (path, share) = (self.script_lock(&digest.to_string()), File::try_lock_shared);
        Lock::take_by(share, &path, "", waiting, || false)
    }

    /// Takes the lock for adding conda packages to the cache.
    ///
    /// # Errors
    /// Returns an error if the store is not writable, or on Ctrl-C while waiting.
    pub fn lock_packages(
        &self,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.packages_lock(), waiting, is_cancelled)
    }

    /// Takes the lock for adding and removing installations, which is held only briefly.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn lock_commit(&self) -> Result<Lock> {
        self.claim()?;
        Lock::take(&self.commit_lock(), "", |_| {}, || false)
    }

    /// Protects the cache from being cleaned until the lock is dropped; any number of processes may
    /// hold it. Waits while another process cleans the cache; `waiting` is then called once.
    ///
    /// # Errors
    /// Returns an error if the store is not writable, or on Ctrl-C while waiting.
    pub fn share_cache(
        &self,
        waiting: impl FnOnce(),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Lock> {
        self.claim()?;
        let waiting = |_: &str| waiting();
        let share = File::try_lock_shared;
        Lock::take_by(share, &self.cache_lock(), "", waiting, is_cancelled)
    }

    /// Waits until no process uses the cache, and keeps others from using it.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn lock_cache(&self, waiting: impl FnOnce()) -> Result<Lock> {
        self.claim()?;
        Lock::take(&self.cache_lock(), "", |_| waiting(), || false)
    }

    /// Whether the store's file system supports locks.
    ///
    /// # Errors
    /// Returns an error if that cannot be tested: the store is not writable, or its lock is not a
    /// file.
    pub fn has_locks(&self) -> Result<bool, IoFailure> {
        let lock = self.commit_lock();
        if lock.symlink_metadata().is_ok() {
            open(&lock)?;
        }
        let path = temporary(&self.root().join("try"));
        let first = open(&path)?;
        let second = open(&path);
        let is_exclusive = second.map(|second| is_exclusive(&first.try_lock(), &second.try_lock()));
        let _ = std::fs::remove_file(&path);
        is_exclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_that_can_be_taken_twice_or_never_do_not_work() {
        let taken = || Err(TryLockError::WouldBlock);
        let failed = || Err(TryLockError::Error(std::io::ErrorKind::Unsupported.into()));
        assert!(is_exclusive(&Ok(()), &taken()));
        for (first, second) in [
            (Ok(()), Ok(())),
            (failed(), failed()),
            (Ok(()), failed()),
            (taken(), taken()),
        ] {
            assert!(!is_exclusive(&first, &second), "{first:?} {second:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_system_without_locks_is_distinguished_from_a_failing_one() {
        use rustix::io::Errno;
        let is_unsupported =
            |errno: Errno| is_unsupported(&std::io::Error::from_raw_os_error(errno.raw_os_error()));
        for errno in [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOTSUP] {
            assert!(is_unsupported(errno), "{errno:?}");
        }
        for errno in [Errno::IO, Errno::ACCESS, Errno::BADF, Errno::STALE] {
            assert!(!is_unsupported(errno), "{errno:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_does_not_touch_its_target() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().join("store"));
        store.claim().expect("claim");
        let precious = home.path().join("precious");
        std::fs::write(&precious, "mine").expect("write");
        std::os::unix::fs::symlink(&precious, store.commit_lock()).expect("link");
        assert!(store.lock_commit().is_err());
        assert_eq!(std::fs::read_to_string(&precious).expect("read"), "mine");
    }

    #[test]
    fn testing_for_locks_leaves_no_files() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().to_owned());
        assert!(store.has_locks().expect("a store"));
        assert_eq!(std::fs::read_dir(home.path()).expect("read").count(), 0);
        std::fs::create_dir(store.commit_lock()).expect("mkdir");
        assert!(store.has_locks().is_err());
    }
}
