//! The central directory: which members an archive has, and where.
//!
//! Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3.

use crate::wheel::archive::error::ArchiveError;
use crate::wheel::archive::limits::{LARGEST_DIRECTORY, MOST_MEMBERS};
use crate::wheel::archive::member::{LOCAL_LENGTH, Member, Method, int, long, short};
use std::collections::HashSet;
use std::ops::Range;

/// The number of bytes at the end of an archive in which the end records are: the longest comment,
/// and the records of zip and zip64.
pub const TAIL: u64 = 0xffff + END_LENGTH as u64 + LOCATOR_LENGTH as u64 + END64_LENGTH as u64;

const END: [u8; 4] = *b"PK\x05\x06";
const END_LENGTH: usize = 22;
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_LENGTH: usize = 20;
const END64: [u8; 4] = *b"PK\x06\x06";
const END64_LENGTH: usize = 56;
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
/// Flags of a member: encrypted, encrypted by a key, with an encrypted directory.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

/// What the end records say about the central directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndOfArchive {
    /// Where the central directory is.
    pub directory: Range<u64>,
    count: u64,
}

/// The members of an archive, in the order of their positions.
#[derive(Debug, Clone)]
pub struct Directory {
    /// The members, without directories.
    pub members: Vec<Member>,
}

impl EndOfArchive {
    /// Reads the end records from the last bytes of an archive of `size` bytes: at least
    /// [`TAIL`] of them, or all.
    ///
    /// # Errors
    /// Returns an error if it is not the end of an archive.
    pub fn parse(tail: &[u8], size: u64) -> Result<Self, ArchiveError> {
        let at = end_record(tail).ok_or(ArchiveError::NotAnArchive)?;
        let start_of_tail = size - (tail.len() as u64).min(size);
        let end = &tail[at..];
        let locator = at.checked_sub(LOCATOR_LENGTH).map(|at| &tail[at..]);
        let locator = locator.filter(|locator| locator.starts_with(&LOCATOR));
        let (count, length, start, directory_end) = match locator {
            None => {
                let disks = [short(end, 4), short(end, 6)];
                let counts = [short(end, 8), short(end, 10)];
                if disks != [0, 0] || counts[0] != counts[1] {
                    return Err(damaged("it is one of several parts"));
                }
                let (length, start) = (int(end, 12), int(end, 16));
                let count = u64::from(counts[0]);
                (
                    count,
                    length.into(),
                    start.into(),
                    start_of_tail + at as u64,
                )
            }
            Some(_) => {
                let at = at - LOCATOR_LENGTH;
                let at = at.checked_sub(END64_LENGTH).filter(|at| {
                    let place = start_of_tail + *at as u64;
                    tail[*at..].starts_with(&END64) && long(&tail[at + END64_LENGTH..], 8) == place
                });
                let at = at.ok_or_else(|| damaged("the zip64 end record is missing"))?;
                let end = &tail[at..];
                let is_plain = long(end, 4) == END64_LENGTH as u64 - 12;
                if !is_plain || long(end, 24) != long(end, 32) || long(end, 16) != 0 {
                    return Err(damaged("it is one of several parts"));
                }
                let (count, length, start) = (long(end, 24), long(end, 40), long(end, 48));
                (count, length, start, start_of_tail + at as u64)
            }
        };
        if length > LARGEST_DIRECTORY || count > MOST_MEMBERS {
            return Err(ArchiveError::DirectoryTooLarge);
        }
        if start.checked_add(length) != Some(directory_end) {
            return Err(damaged("the directory is not at its announced position"));
        }
        let directory = start..directory_end;
        Ok(Self { directory, count })
    }
}

/// Finds the end record whose comment reaches exactly to the end.
fn end_record(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(END_LENGTH)?;
    (0..=last).rev().find(|at| {
        let record = &tail[*at..];
        record.starts_with(&END) && record.len() == END_LENGTH + usize::from(short(record, 20))
    })
}

impl Directory {
    /// Reads the central directory from its bytes.
    ///
    /// # Errors
    /// Returns an error if it is damaged, if two members have one name or overlap, or if a name
    /// leads out of the directory into which the wheel is installed.
    pub fn parse(bytes: &[u8], end: &EndOfArchive) -> Result<Self, ArchiveError> {
        let mut rest = bytes;
        let mut members = Vec::new();
        let mut names = HashSet::new();
        for _ in 0..end.count {
            let (member, after) = entry(rest)?;
            rest = after;
            if let Some(why) = unsafe_name(&member.name) {
                let name = member.name.escape_debug();
                return Err(ArchiveError::Unsafe(format!("`{name}` {why}")));
            }
            if !names.insert(member.name.clone()) {
                let name = member.name.escape_debug();
                let text = format!("`{name}` appears more than once");
                return Err(ArchiveError::Unsafe(text));
            }
            members.push(member);
        }
        if !rest.is_empty() {
            return Err(damaged("the directory has more members than announced"));
        }
        members.sort_by_key(|member| member.start);
        let starts = members.iter().skip(1).map(|member| member.start);
        let ends: Vec<u64> = starts.chain([end.directory.start]).collect();
        for (member, next) in members.iter_mut().zip(ends) {
            let shortest = LOCAL_LENGTH as u64 + member.name.len() as u64;
            let data_end = member.start.checked_add(shortest);
            let data_end = data_end.and_then(|at| at.checked_add(member.packed));
            if data_end.is_none_or(|data_end| data_end > next) {
                let text = format!("`{}` overlaps the next member", member.name.escape_debug());
                return Err(ArchiveError::Unsafe(text));
            }
            member.end = next;
        }
        members.retain(|member| !member.name.ends_with('/'));
        Ok(Self { members })
    }

    /// The member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// Reads one entry; returns the bytes after it.
fn entry(bytes: &[u8]) -> Result<(Member, &[u8]), ArchiveError> {
    let cut = || damaged("the directory is cut off");
    if bytes.len() < ENTRY_LENGTH || !bytes.starts_with(&ENTRY) {
        return Err(cut());
    }
    let lengths = [short(bytes, 28), short(bytes, 30), short(bytes, 32)].map(usize::from);
    let [name, extra, comment] = lengths;
    let rest = &bytes[ENTRY_LENGTH..];
    if rest.len() < name + extra + comment {
        return Err(cut());
    }
    let (name, rest) = rest.split_at(name);
    let (extra, rest) = rest.split_at(extra);
    let mut numbers = [int(bytes, 24), int(bytes, 20), int(bytes, 42)].map(u64::from);
    large_numbers(&mut numbers, extra)?;
    let [size, packed, start] = numbers;
    let name = String::from_utf8(name.to_vec());
    let name = name.map_err(|_| damaged("a name is not UTF-8"))?;
    let method = match short(bytes, 10) {
        _ if short(bytes, 8) & ENCRYPTED != 0 => Method::Encrypted,
        0 => Method::Stored,
        8 => Method::Deflated,
        other => Method::Unknown(other),
    };
    let member = Member {
        name,
        crc32: int(bytes, 16),
        size,
        packed,
        method,
        has_sizes_behind: short(bytes, 8) & 8 != 0,
        start,
        end: start,
    };
    Ok((member, &rest[comment..]))
}

/// Takes the numbers that do not fit into 32 bits from the zip64 field.
fn large_numbers(numbers: &mut [u64; 3], mut extra: &[u8]) -> Result<(), ArchiveError> {
    let is_large = |number: &u64| *number == u64::from(u32::MAX);
    if !numbers.iter().any(is_large) {
        return Ok(());
    }
    let missing = || damaged("a zip64 field is missing");
    while extra.len() >= 4 {
        let length = usize::from(short(extra, 2));
        let field = extra.get(4..4 + length).ok_or_else(missing)?;
        if short(extra, 0) == 1 {
            let mut values = field.chunks_exact(8).map(|value| long(value, 0));
            for number in numbers.iter_mut().filter(|number| is_large(number)) {
                *number = values.next().ok_or_else(missing)?;
            }
            return Ok(());
        }
        extra = &extra[4 + length..];
    }
    Err(missing())
}

/// Why a name leads out of the directory into which the wheel is installed, on any system.
fn unsafe_name(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix('/').unwrap_or(name);
    match () {
        () if name.is_empty() => Some("is an empty name"),
        () if name.contains('\0') => Some("contains a null byte"),
        () if name.contains('\\') => Some("contains a backslash"),
        () if name.starts_with('/') || name.get(1..2) == Some(":") => Some("is absolute"),
        () if name.split('/').any(|part| part == "..") => Some("contains `..`"),
        () if name.split('/').any(|part| part.is_empty() || part == ".") => {
            Some("is not a normalized path")
        }
        () => None,
    }
}

fn damaged(what: &str) -> ArchiveError {
    ArchiveError::Damaged(what.to_owned())
}
