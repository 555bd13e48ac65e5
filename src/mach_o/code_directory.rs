//! The directory of digests that a signature holds, one for each page of the file.
//!
//! Source: `cs_blobs.h` of Apple's XNU. All numbers are big-endian.

use super::{MachOError, Result};
use crate::digest::Digest;
use std::ops::Range;

const MAGIC: u32 = 0xfade_0c02;
/// The version with the fields up to `execSegFlags`.
const VERSION: u32 = 0x2_0400;
/// The fields of that version, in bytes.
const FIXED: usize = 88;
const ADHOC: u32 = 2;
const SHA256: u8 = 2;
/// The size of a digest, in bytes.
const DIGEST: usize = 32;
/// Pages of 4 KiB, as codesign has them for every machine.
const PAGE_BITS: u8 = 12;

/// What an existing directory says of itself.
#[derive(Debug)]
pub(super) struct CodeDirectory<'a> {
    /// Whether it is signed without a key.
    pub(super) is_adhoc: bool,
    /// Whether its digests are SHA-256 of whole pages, up to the signature.
    pub(super) is_renewable: bool,
    /// The name of what was signed.
    pub(super) identifier: Option<&'a str>,
    /// The size of a page, as a power of two.
    page_bits: u8,
    /// Where the digests are, from its beginning.
    digests: Range<usize>,
}

/// The longest identifier that is kept, in bytes: a file name has 255.
const LONGEST_IDENTIFIER: usize = 1024;

impl<'a> CodeDirectory<'a> {
    /// Reads a directory that signs the first `limit` bytes of a file.
    pub(super) fn read(blob: &'a [u8], limit: usize) -> Result<Self> {
        let number = |at| read_u32(blob, at);
        let byte = |at: usize| blob.get(at).copied().ok_or(DAMAGED);
        if number(0)? != MAGIC {
            return Err(DAMAGED);
        }
        let (hash_at, identifier_at) = (number(16)? as usize, number(20)? as usize);
        let (pages, signed) = (number(28)? as usize, number(32)? as usize);
        let page_bits = byte(39)?;
        let digests = hash_at..hash_at.saturating_add(pages.saturating_mul(DIGEST));
        let identifier = blob.get(identifier_at..).and_then(|rest| {
            let name = rest.split(|byte| *byte == 0).next()?;
            std::str::from_utf8(name).ok()
        });
        Ok(Self {
            is_adhoc: number(12)? & ADHOC != 0,
            is_renewable: (byte(36)?, byte(37)?) == (DIGEST as u8, SHA256)
                && signed == limit
                && (12..=16).contains(&page_bits)
                && pages == limit.div_ceil(1 << page_bits)
                && digests.end <= blob.len(),
            identifier: identifier.filter(|name| (1..=LONGEST_IDENTIFIER).contains(&name.len())),
            page_bits,
            digests,
        })
    }

    /// Where its digests are, and the size of the pages that they are of.
    pub(super) fn digests(&self) -> (Range<usize>, usize) {
        (self.digests.clone(), 1 << self.page_bits)
    }
}

/// Writes the digests of the pages of `signed`.
pub(super) fn write_digests(places: &mut [u8], page: usize, signed: &[u8]) {
    for (place, page) in places.chunks_exact_mut(DIGEST).zip(signed.chunks(page)) {
        place.copy_from_slice(&<[u8; DIGEST]>::from(Digest::of(page)));
    }
}

/// What a new directory is made of.
#[derive(Debug)]
pub(super) struct NewCodeDirectory<'a> {
    /// The bytes before the signature.
    pub(super) signed: &'a [u8],
    /// The name of what is signed.
    pub(super) identifier: &'a str,
    /// Where `__TEXT` is: its position and size.
    pub(super) text: (u64, u64),
    /// Whether it is a program.
    pub(super) is_program: bool,
    /// The requirements, whose digest is in the directory, too.
    pub(super) requirements: &'a [u8],
}

impl NewCodeDirectory<'_> {
    /// An ad-hoc directory, as codesign makes it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let pages = self.signed.len().div_ceil(1 << PAGE_BITS);
        // Before the digests of the pages: those of the requirements (-2) and of an Info.plist (-1),
        // zero where there is none.
        let special = 2;
        let hash_at = FIXED + self.identifier.len() + 1 + special * DIGEST;
        let length = hash_at + pages * DIGEST;
        let mut blob = Vec::with_capacity(length);
        let (magic, version, adhoc) = (MAGIC as usize, VERSION as usize, ADHOC as usize);
        push_u32s(&mut blob, &[magic, length, version, adhoc]);
        // The identifier is at `FIXED`.
        push_u32s(
            &mut blob,
            &[hash_at, FIXED, special, pages, self.signed.len()],
        );
        blob.extend_from_slice(&[DIGEST as u8, SHA256, 0, PAGE_BITS]);
        // spare2, scatterOffset, teamOffset, spare3, and codeLimit64, which is for more than 4 GiB.
        blob.extend_from_slice(&[0; 24]);
        let flags = u64::from(self.is_program);
        for value in [self.text.0, self.text.1, flags] {
            blob.extend_from_slice(&value.to_be_bytes());
        }
        blob.extend_from_slice(self.identifier.as_bytes());
        blob.push(0);
        blob.extend_from_slice(&<[u8; DIGEST]>::from(Digest::of(self.requirements)));
        blob.resize(length, 0);
        write_digests(&mut blob[hash_at..], 1 << PAGE_BITS, self.signed);
        blob
    }
}

/// Adds numbers. None is larger than a file may be whose sizes have 32 bits.
pub(super) fn push_u32s(blob: &mut Vec<u8>, values: &[usize]) {
    for value in values {
        let value = u32::try_from(*value).unwrap_or(u32::MAX);
        blob.extend_from_slice(&value.to_be_bytes());
    }
}

/// What is said of a signature that cannot be read.
pub(super) const DAMAGED: MachOError = MachOError::Malformed("its signature");

/// A number at a place of a signature.
pub(super) fn read_u32(blob: &[u8], at: usize) -> Result<u32> {
    let bytes = blob.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map(|bytes| u32::from_be_bytes(*bytes)).ok_or(DAMAGED)
}
