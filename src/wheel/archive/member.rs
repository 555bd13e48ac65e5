//! A member of an archive: where it is, and its bytes.

use crate::wheel::archive::error::ArchiveError;
use crate::wheel::archive::limits::Limits;
use flate2::bufread::DeflateDecoder;
use std::io::Read;
use std::ops::Range;

/// The signature of a local header, and its length without the name.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
pub(super) const LOCAL_LENGTH: usize = 30;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, with `/`.
    pub name: String,
    /// The checksum of its contents.
    pub crc32: u32,
    /// The size of its contents.
    pub size: u64,
    /// The size in the archive.
    pub packed: u64,
    /// How it is compressed.
    pub method: Method,
    /// Whether its local header may lack the sizes, because its writer could not seek.
    pub(super) has_sizes_behind: bool,
    /// The position of its local header.
    pub(super) start: u64,
    /// The position of the next member or of the central directory.
    pub(super) end: u64,
}

/// How a member is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Not at all.
    Stored,
    /// With deflate.
    Deflated,
    /// Encrypted.
    Encrypted,
    /// By another method, which installers of wheels do not support: its number.
    Unknown(u16),
}

impl Member {
    /// The bytes of the archive that hold it.
    #[must_use]
    pub fn span(&self) -> Range<u64> {
        // A local header has up to 128 KiB of name and extra fields, and up to 24 bytes follow.
        let longest = (LOCAL_LENGTH + 2 * usize::from(u16::MAX) + 24) as u64;
        self.start
            ..self
                .end
                .min(self.start + self.packed.saturating_add(longest))
    }

    /// Whether it may be unpacked.
    ///
    /// # Errors
    /// Returns an error if it is too large, encrypted, or compressed by an unknown method.
    pub fn check(&self, limits: Limits) -> Result<(), ArchiveError> {
        let name = self.name.clone();
        match self.method {
            Method::Encrypted => Err(ArchiveError::Encrypted(name)),
            Method::Unknown(method) => Err(ArchiveError::UnknownMethod { name, method }),
            Method::Stored if self.size != self.packed => Err(self.damaged("its two sizes differ")),
            _ if !limits.allow(self.size, self.packed) => {
                let size = self.size;
                Err(ArchiveError::TooLarge { name, size })
            }
            _ => Ok(()),
        }
    }

    /// Returns the contents, from the bytes of [`span`](Self::span).
    ///
    /// # Errors
    /// Returns an error if they are not as announced, or may not be unpacked.
    pub fn unpack(&self, span: &[u8], limits: Limits) -> Result<Vec<u8>, ArchiveError> {
        self.check(limits)?;
        let packed = self.data(span)?;
        let mut contents = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0));
        match self.method {
            Method::Stored => contents.extend_from_slice(packed),
            _ => {
                let mut decoder = DeflateDecoder::new(packed);
                let limit = self.size.saturating_add(1);
                let unpacked = (&mut decoder).take(limit).read_to_end(&mut contents);
                unpacked.map_err(|_| self.damaged("its compressed data is invalid"))?;
                if decoder.total_in() != self.packed {
                    return Err(self.damaged("its compressed data has another size"));
                }
            }
        }
        if contents.len() as u64 != self.size {
            return Err(self.damaged("its size differs from the directory's"));
        }
        let mut crc = flate2::Crc::new();
        crc.update(&contents);
        match crc.sum() == self.crc32 {
            true => Ok(contents),
            false => Err(self.damaged("its checksum (CRC-32) differs")),
        }
    }

    /// Finds the compressed data behind the local header, which must agree with the directory.
    fn data<'a>(&self, span: &'a [u8]) -> Result<&'a [u8], ArchiveError> {
        if span.len() < LOCAL_LENGTH || !span.starts_with(&LOCAL) {
            return Err(self.damaged("it is not at its announced position"));
        }
        let (name, extra) = (usize::from(short(span, 26)), usize::from(short(span, 28)));
        let is_same_name = span[LOCAL_LENGTH..].get(..name) == Some(self.name.as_bytes());
        let method = match self.method {
            Method::Stored => 0,
            _ => 8,
        };
        let differs = |at: usize, wanted: u64| {
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
            ![wanted, u32::MAX].contains(&int(span, at))
        };
        let is_other =
            differs(14, self.crc32.into()) || differs(18, self.packed) || differs(22, self.size);
        if !is_same_name || short(span, 8) != method || (is_other && !self.has_sizes_behind) {
            return Err(self.damaged("its header contradicts the directory"));
        }
        let start = LOCAL_LENGTH + name + extra;
        let packed = usize::try_from(self.packed).unwrap_or(usize::MAX);
        let data = start
            .checked_add(packed)
            .and_then(|end| span.get(start..end));
        data.ok_or_else(|| self.damaged("it overlaps the next member"))
    }

    fn damaged(&self, what: &'static str) -> ArchiveError {
        let name = self.name.clone();
        ArchiveError::DamagedMember { name, what }
    }
}

/// The numbers of zip are little-endian. The callers have checked the lengths.
pub(super) fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn int(bytes: &[u8], at: usize) -> u32 {
    u32::from(short(bytes, at)) | u32::from(short(bytes, at + 2)) << 16
}

pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(int(bytes, at)) | u64::from(int(bytes, at + 4)) << 32
}
