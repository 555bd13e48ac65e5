//! Archives into a stage. What comes in is hostile until its digest is known, and the digest
//! is known last; so nothing outside the destination can be touched by any sequence of bytes,
//! and nothing unpacked is used before the caller has verified the whole.

mod budget;
mod decode;
mod entry;
mod limits;
mod path_policy;
mod single_files;
mod source;
mod tar;

pub use budget::{Budget, Packed, Plain};
#[cfg(feature = "conda")]
pub(crate) use path_policy::{Guard, Made, names};
pub use single_files::{each_file, measure, one_file};
pub use source::Source;
pub use tar::{Unpacked, Unpacker, unpack};

use crate::error::{Failure, IoFailure, Kind};

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is not an archive, or damaged.
    #[error("it cannot be unpacked: {reason}")]
    Damaged {
        /// The decoder's words.
        reason: String,
    },
    /// It does what no interpreter's archive does.
    #[error("its entry `{entry}` {reason}")]
    Hostile {
        /// The path in the archive, with control characters escaped.
        entry: String,
        /// `leads out of the installation`
        reason: String,
    },
    /// It would fill the disk.
    #[error("it unpacks to more than {limit} bytes from {packed}: a decompression bomb")]
    Bomb {
        /// What was allowed.
        limit: u64,
        /// How many packed bytes had been read.
        packed: u64,
    },
    /// It is in order, but does not hold what was looked for.
    #[error("it holds nothing below `{prefix}`")]
    Empty {
        /// `python/install`
        prefix: String,
    },
    /// The stage cannot be written.
    #[error(transparent)]
    Disk(#[from] IoFailure),
}

impl UnpackError {
    /// As shown, with the archive's name in front.
    #[must_use]
    pub fn into_failure(self, file: &str) -> Failure {
        match self {
            Self::Disk(error) => error.into(),
            other => Failure::new(Kind::Integrity, format!("{file} was refused: {other}"))
                .hint("nothing was installed"),
        }
    }
}
