//! Why a wheel could not be read.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure};
use crate::net::FetchError;
use crate::wheel::ArchiveError;

/// Why a wheel could not be read. Its text does not name the wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The server does not send it, or sends another file.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// `--offline`, and nothing is cached.
    #[error("not cached, and not downloaded (--offline)")]
    Offline,
    /// The list of packages does not say where the wheel is.
    #[error("the URL of the wheel is not known")]
    NoUrl,
    /// A file, or a short wheel that was read as a whole, is another one.
    #[error("digest mismatch: sha256 is {found}, expected {expected}")]
    Digest {
        /// The digest of the file.
        found: Digest,
        /// The listed digest.
        expected: Digest,
    },
    /// The file has another size than listed.
    #[error("size mismatch: {found} bytes, expected {expected}")]
    Size {
        /// The size of the file.
        found: u64,
        /// The listed size.
        expected: u64,
    },
    /// The file on this machine, or its copy in the store, cannot be read or written.
    #[error(transparent)]
    Disk(#[from] IoFailure),
    /// A defect of ftpy, which must not stop the examination of other wheels.
    #[error("a bug in ftpy: its examination ended with a panic")]
    Panic,
    /// The store cannot be written.
    #[error("{0}")]
    Store(Failure),
}

/// Why a wheel could not be read in parts.
#[derive(Debug)]
pub(super) enum ReadError {
    /// Not at all.
    Wheel(WheelError),
    /// It must be downloaded as a whole: why.
    WholeOnly(String),
}

impl<E: Into<WheelError>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::Wheel(error.into())
    }
}
