//! Limits what the tar crate reads into memory: the records with long names and PAX values precede
//! their entry and are read as a whole.
//!
//! Follows the blocks of the archive as they are read: a 512-byte header, then data, padded to 512
//! bytes (POSIX ustar; GNU's `S` entries, whose headers have additional blocks, are rejected).

use crate::unpack::UnpackError;
use crate::unpack::path_policy::shown;
use std::io::{self, Read};

const BLOCK: usize = 512;

/// No path or record of an interpreter comes near this limit.
const LONGEST_RECORD: u64 = 64 * 1024;

/// Passes data through from `inner`, and stops at a record that is too long.
pub(super) struct Bounded<R> {
    inner: R,
    header: [u8; BLOCK],
    filled: usize,
    /// Remaining bytes of the current member.
    data: u64,
    /// Why reading stopped, in more detail than an [`io::Error`].
    failure: Option<UnpackError>,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            header: [0; BLOCK],
            filled: 0,
            data: 0,
            failure: None,
        }
    }

    /// The inner reader, and why reading stopped, if it did.
    pub(super) fn into_parts(self) -> (R, Option<UnpackError>) {
        (self.inner, self.failure)
    }

    fn follow(&mut self, mut bytes: &[u8]) -> Result<(), UnpackError> {
        while !bytes.is_empty() {
            if self.data > 0 {
                let passed = usize::try_from(self.data).unwrap_or(usize::MAX);
                let passed = passed.min(bytes.len());
                self.data -= passed as u64;
                bytes = &bytes[passed..];
                continue;
            }
            let wanted = (BLOCK - self.filled).min(bytes.len());
            let (head, rest) = bytes.split_at(wanted);
            self.header[self.filled..self.filled + wanted].copy_from_slice(head);
            self.filled += wanted;
            bytes = rest;
            if self.filled == BLOCK {
                self.filled = 0;
                self.data = check(&self.header)?;
            }
        }
        Ok(())
    }
}

/// The size of the data after a header, including padding.
fn check(header: &[u8; BLOCK]) -> Result<u64, UnpackError> {
    let header = tar::Header::from_byte_slice(header);
    // The two blocks of zeros at the end, and damaged headers, are left to the tar crate.
    let Ok(size) = header.entry_size() else {
        return Ok(0);
    };
    let hostile = |reason: &str| UnpackError::Hostile {
        entry: shown(&header.path_bytes()),
        reason: reason.to_owned(),
    };
    let kind = header.entry_type();
    if kind.is_gnu_sparse() {
        return Err(hostile("is a sparse file"));
    }
    let is_record = kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions();
    if is_record && size > LONGEST_RECORD {
        return Err(hostile("is a name or record that is too long"));
    }
    size.checked_next_multiple_of(BLOCK as u64)
        .ok_or_else(|| hostile("has an invalid size"))
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let Err(failure) = self.follow(&buffer[..read]) {
            let text = failure.to_string();
            self.failure = Some(failure);
            return Err(io::Error::other(text));
        }
        Ok(read)
    }
}
