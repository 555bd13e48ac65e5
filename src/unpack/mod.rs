//! Unpacks archives into a stage. Archives are untrusted until their digest is known, which is
//! known last; so no input may touch anything outside the destination, and nothing unpacked is used
//! before the caller has verified the whole archive.

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
pub use single_files::{each_file, each_piece, one_file};
pub use source::Source;
pub use tar::{Unpacked, Unpacker, unpack};

use crate::error::{Failure, IoFailure, Kind};

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is not an archive, or is damaged.
    #[error("cannot unpack it: {reason}")]
    Damaged {
        /// The decoder's message.
        reason: String,
    },
    /// It contains an entry that no interpreter's archive has.
    #[error("the entry `{entry}` {reason}")]
    Hostile {
        /// The path in the archive, with control characters escaped.
        entry: String,
        /// `contains `..``
        reason: String,
    },
    /// It would fill the disk.
    #[error("decompression bomb: more than {limit} bytes from {packed} packed bytes")]
    Bomb {
        /// The limit.
        limit: u64,
        /// The number of packed bytes read so far.
        packed: u64,
    },
    /// It is valid, but does not contain what was expected.
    #[error("it has no directory `{prefix}`")]
    Empty {
        /// `python/install`
        prefix: String,
    },
    /// The stage is not writable.
    #[error(transparent)]
    Disk(#[from] IoFailure),
}

impl UnpackError {
    /// Converts to a failure, with the archive's name.
    #[must_use]
    pub fn into_failure(self, file: &str) -> Failure {
        match self {
            Self::Disk(error) => error.into(),
            other => Failure::new(Kind::Integrity, format!("cannot use {file}: {other}"))
                .hint("nothing was installed"),
        }
    }
}
