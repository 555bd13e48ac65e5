//! Why a wheel cannot be read.

use crate::wheel::archive::limits::LARGEST_DIRECTORY;

/// Why an archive, or a member of it, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The end record of a zip archive is missing.
    #[error("not a zip archive, or cut off at its end")]
    NotAnArchive,
    /// Parts of the archive contradict each other.
    #[error("damaged archive: {0}")]
    Damaged(String),
    /// The directory is larger than that of any real wheel.
    #[error("its directory is larger than {LARGEST_DIRECTORY} bytes")]
    DirectoryTooLarge,
    /// A member would be written outside its directory, or twice.
    #[error("unsafe archive: {0}")]
    Unsafe(String),
    /// A member is encrypted.
    #[error("{0} is encrypted")]
    Encrypted(String),
    /// A member uses a compression method other than stored and deflate.
    #[error("{name} uses the unsupported compression method {method}")]
    UnknownMethod {
        /// The member.
        name: String,
        /// Its method.
        method: u16,
    },
    /// A member is larger than the limit, or is compressed like a zip bomb.
    #[error("{name} is too large to be examined: {size} bytes")]
    TooLarge {
        /// The member.
        name: String,
        /// Its announced size.
        size: u64,
    },
    /// A member has other bytes than announced by the archive.
    #[error("{name} is damaged: {what}")]
    DamagedMember {
        /// The member.
        name: String,
        /// What was compared.
        what: &'static str,
    },
    /// The archive has no RECORD, or more than one, so that it is not a wheel.
    #[error("not a wheel: {0}")]
    NotAWheel(String),
    /// RECORD contradicts the archive.
    #[error("its RECORD is wrong: {0}")]
    Record(String),
}

impl ArchiveError {
    /// Whether other bytes of the same wheel may be sound: a server may have sent wrong ranges.
    #[must_use]
    pub fn may_be_of_transfer(&self) -> bool {
        matches!(
            self,
            Self::NotAnArchive
                | Self::Damaged(_)
                | Self::DirectoryTooLarge
                | Self::DamagedMember { .. }
                | Self::Record(_)
        )
    }
}
