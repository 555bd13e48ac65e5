//! Limits what an archive may unpack to. One budget is shared by everything read from an archive:
//! its members, nested archives, skipped data, and every path that is created.

use crate::unpack::UnpackError;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Unpacked size that is always allowed.
const HARMLESS: u64 = 64 << 20;
/// The maximum ratio of unpacked to packed size. Object files in upstream's full archives reach
/// about 10, a bomb of zeros 1000 and more.
const WORST_RATIO: u64 = 100;
/// The absolute maximum of the unpacked size.
const LARGEST: u64 = 16 << 30;
/// The cost of a file or link in addition to its size, and of a directory, which takes a block on
/// the disk and most of the time.
const FILE: u64 = 4 << 10;
const DIRECTORY: u64 = 16 << 10;
/// The maximum number of paths, including directories.
const MOST_PATHS: u64 = 500_000;

/// The budget of one archive. Clones share it.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Spent>);

#[derive(Debug)]
struct Spent {
    packed: AtomicU64,
    plain: AtomicU64,
    paths: AtomicU64,
    largest: u64,
}

impl Budget {
    /// The budget for an archive of one interpreter, package or source tree.
    #[must_use]
    pub fn of_archive() -> Self {
        Self::up_to(LARGEST)
    }

    /// The budget for an archive of archives, which has no absolute maximum.
    #[must_use]
    pub fn of_bundle() -> Self {
        Self::up_to(u64::MAX)
    }

    fn up_to(largest: u64) -> Self {
        Self(Arc::new(Spent {
            packed: AtomicU64::new(0),
            plain: AtomicU64::new(0),
            paths: AtomicU64::new(0),
            largest,
        }))
    }

    /// Counts the bytes of the archive itself while they are read.
    pub fn packed<R>(&self, reader: R) -> Packed<R> {
        Packed(reader, self.clone())
    }

    /// Counts the output of a nested decoder.
    pub fn plain<R>(&self, reader: R) -> Plain<R> {
        Plain(reader, self.clone())
    }

    /// Spends unpacked bytes.
    ///
    /// # Errors
    /// [`UnpackError::Bomb`] if there are too many for the packed bytes read so far.
    pub fn spend(&self, bytes: u64) -> Result<(), UnpackError> {
        let before = self.0.plain.fetch_add(bytes, Ordering::Relaxed);
        let packed = self.0.packed.load(Ordering::Relaxed);
        let limit = HARMLESS
            .max(packed.saturating_mul(WORST_RATIO))
            .min(self.0.largest);
        match before.saturating_add(bytes) > limit {
            true => Err(UnpackError::Bomb { limit, packed }),
            false => Ok(()),
        }
    }

    /// Spends the cost of new paths: `files`, which may be links, and `directories`.
    ///
    /// # Errors
    /// Returns an error if there are too many.
    pub(super) fn spend_paths(&self, files: usize, directories: usize) -> Result<(), UnpackError> {
        let (files, directories) = (files as u64, directories as u64);
        let count = files + directories;
        let before = self.0.paths.fetch_add(count, Ordering::Relaxed);
        if before + count > MOST_PATHS {
            return Err(UnpackError::Damaged {
                reason: format!("more than {MOST_PATHS} files and directories"),
            });
        }
        self.spend(files * FILE + directories * DIRECTORY)
    }
}

/// See [`Budget::packed`].
#[derive(Debug)]
pub struct Packed<R>(R, Budget);

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        let packed = &self.1.0.packed;
        packed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// See [`Budget::plain`].
#[derive(Debug)]
pub struct Plain<R>(R, Budget);

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        let spent = self.1.spend(read as u64);
        spent.map(|()| read).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_with_the_packed_bytes_and_is_shared_by_its_clones() {
        let budget = Budget::of_archive();
        let member = budget.clone();
        assert!(budget.spend(HARMLESS / 2).is_ok());
        assert!(member.spend(HARMLESS / 2).is_ok());
        assert!(member.spend(1).is_err());
        let packed = vec![0; 1 << 20];
        io::copy(&mut budget.packed(packed.as_slice()), &mut io::sink()).expect("read");
        assert!(member.spend(1 << 20).is_ok());
        assert!(member.spend(u64::MAX / 2).is_err());
    }

    #[test]
    fn paths_are_counted_and_have_a_cost() {
        let budget = Budget::of_archive();
        assert!(budget.spend_paths(8192, 2048).is_ok());
        let spent = budget.spend_paths(1, 0);
        assert!(matches!(spent, Err(UnpackError::Bomb { .. })));
        let count = usize::try_from(MOST_PATHS).expect("fits") + 1;
        let spent = Budget::of_bundle().spend_paths(count, 0);
        assert!(matches!(spent, Err(UnpackError::Damaged { .. })));
    }
}
