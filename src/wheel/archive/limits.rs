//! Limits for archives that may be hostile. Each is far above any real wheel.

/// The maximum size of the central directory.
pub(super) const LARGEST_DIRECTORY: u64 = 64 << 20;
/// The maximum number of members.
pub(super) const MOST_MEMBERS: u64 = 200_000;
/// A member below this size may be compressed to any degree.
const SMALL: u64 = 16 << 20;
/// The maximum degree of compression of larger members. Deflate reaches 1032.
const HIGHEST_RATIO: u64 = 200;

/// How much is unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum size of a member.
    pub member: u64,
}

impl Limits {
    /// For an extension module. The largest ones have 300 MB.
    pub const MODULE: Self = Self { member: 512 << 20 };
    /// For RECORD, METADATA and Python sources.
    pub const TEXT: Self = Self { member: 32 << 20 };

    /// Whether a member of this size, compressed to `packed` bytes, may be unpacked.
    #[must_use]
    pub fn allow(self, size: u64, packed: u64) -> bool {
        size <= self.member && (size <= SMALL || size / HIGHEST_RATIO <= packed)
    }
}
