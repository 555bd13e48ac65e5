//! Locks between processes: advisory locks on files, which the system drops with the process.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::atomic_file::temporary;
use crate::store::layout::{Store, create_dir};
use ftpy_core::key::Key;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a waiting process looks again; it is also how late a Ctrl-C may be.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Set once a lock could not be taken because there are none.
static HAS_NO_LOCKS: AtomicBool = AtomicBool::new(false);

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// Removed when the lock is given back.
    path: Option<PathBuf>,
}

impl Lock {
    /// Takes the lock at `path`, waiting as long as another process holds it.
    ///
    /// `waiting` is told once, with what the holder wrote about itself; `is_cancelled` is
    /// asked while waiting. A file system without locks counts as unlocked: refusing to
    /// install there would help nobody.
    fn take(
        path: &Path,
        about: &str,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Self> {
        Self::take_by(File::try_lock, path, about, waiting, is_cancelled)
    }

    /// As [`take`](Self::take); `attempt` takes it for one process or shares it.
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
                // The holder before may have removed the file that is open here.
                Ok(()) if !is_at(&file, path) => file = open(path)?,
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    if let Some(waiting) = waiting.take() {
                        let mut holder = String::new();
                        let _ = file.read_to_string(&mut holder);
                        waiting(holder.trim());
                    }
                    if is_cancelled() {
                        return Err(Failure::new(Kind::Interrupted, "interrupted"));
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
        // What is written is for people who wait; the lock itself does not need it.
        let _ = file.set_len(0);
        let _ = file.rewind();
        let _ = file.write_all(about.as_bytes());
        Ok(Self { file, path: None })
    }

    /// As [`take`](Self::take), with this process as the holder; the file goes with the lock.
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

    /// Takes it only if nobody holds it.
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
        // While it is still held: whoever opened the file before looks whether it is there.
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
        let _ = self.file.unlock();
    }
}

/// Opens the file of a lock. A link is not followed: what it points at is not ftpy's.
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

/// Whether an open file is the one that stands at `path`.
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

/// Whether two attempts at one lock, while both files are open, say that locks work.
fn is_exclusive(first: &Result<(), TryLockError>, second: &Result<(), TryLockError>) -> bool {
    matches!((first, second), (Ok(()), Err(TryLockError::WouldBlock)))
}

/// Whether the file system has no locks, or its lock server does not answer: as NFS without
/// lockd, Lustre without `-o flock`, and some file systems in user space.
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

/// Whether this process went on without a lock, because the file system has none.
#[must_use]
pub fn is_unlocked() -> bool {
    HAS_NO_LOCKS.load(Ordering::Relaxed)
}

impl Store {
    /// Takes the lock of one key, so that two processes do not do the same work.
    ///
    /// # Errors
    /// Where the store cannot be written, or the person presses Ctrl-C while waiting.
    pub fn lock_key(
        &self,
        key: &Key,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.key_lock(key), waiting, is_cancelled)
    }

    /// Takes the lock of one download: two builds may need the same archive.
    ///
    /// # Errors
    /// Where the store cannot be written, or the person presses Ctrl-C while waiting.
    pub fn lock_download(&self, digest: &Digest, is_cancelled: impl Fn() -> bool) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.download_lock(digest), |_| {}, is_cancelled)
    }

    /// Takes the lock under which conda packages come into the cache.
    ///
    /// # Errors
    /// Where the store cannot be written, or the person presses Ctrl-C while waiting.
    pub fn lock_packages(
        &self,
        waiting: impl FnOnce(&str),
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Lock> {
        self.claim()?;
        Lock::take_removed(self.packages_lock(), waiting, is_cancelled)
    }

    /// Takes the lock under which installations appear and disappear: for moments only.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn lock_commit(&self) -> Result<Lock> {
        self.claim()?;
        Lock::take(&self.commit_lock(), "", |_| {}, || false)
    }

    /// Keeps the cache as it is until the lock is dropped: any number of processes may. Waits
    /// while another one empties it; `waiting` is called once then.
    ///
    /// # Errors
    /// Where the store cannot be written, or the person presses Ctrl-C while waiting.
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

    /// Waits until no process uses the cache, and keeps others from it.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn lock_cache(&self, waiting: impl FnOnce()) -> Result<Lock> {
        self.claim()?;
        Lock::take(&self.cache_lock(), "", |_| waiting(), || false)
    }

    /// Whether the store's file system keeps a lock from being taken twice.
    ///
    /// # Errors
    /// Where that cannot be tried: the store cannot be written, or its lock is no file.
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
    fn locks_that_can_be_taken_twice_or_never_are_none() {
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
    fn a_file_system_without_locks_is_told_from_one_that_fails() {
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
    fn a_lock_that_is_a_link_leaves_its_target_alone() {
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
    fn trying_the_locks_leaves_nothing_behind() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().to_owned());
        assert!(store.has_locks().expect("a store"));
        assert_eq!(std::fs::read_dir(home.path()).expect("read").count(), 0);
        std::fs::create_dir(store.commit_lock()).expect("mkdir");
        assert!(store.has_locks().is_err());
    }
}
