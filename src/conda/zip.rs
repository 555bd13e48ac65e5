//! Reads the members of a `.conda` from a stream.
//!
//! A `.conda` is a zip archive of stored members (conda's CEP 35): `metadata.json`,
//! `info-….tar.zst`, `pkg-….tar.zst`. The local headers suffice for streaming, unless the writer
//! could not seek and put the sizes after the data; such an archive is read through its central
//! directory instead, by the reader of wheels.

use crate::wheel::{self, Directory, EndOfArchive, Method, TAIL};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The signature of a local header.
const MEMBER: [u8; 4] = *b"PK\x03\x04";
/// The length of the rest of a local header.
const HEAD: usize = 26;
/// The flag for sizes after the data.
const SIZES_BEHIND: u16 = 1 << 3;
/// The compression method of members that are stored.
const STORED: u16 = 0;
/// A package has three members.
const MOST_MEMBERS: usize = 100;

/// The bytes of an archive, shared with the thread that decodes a member.
#[derive(Debug)]
pub(super) struct Zip<R>(Arc<Mutex<ZipState<R>>>);

#[derive(Debug)]
struct ZipState<R> {
    reader: R,
    /// The number of bytes left in the current member.
    left: u64,
    members: usize,
}

/// The contents of a member.
#[derive(Debug)]
pub(super) struct Member<R> {
    /// `pkg-tzdata-2026a-h1_0.tar.zst`
    pub(super) name: String,
    zip: Zip<R>,
}

impl<R: Read> Zip<R> {
    /// Starts at the beginning of an archive.
    pub(super) fn new(reader: R) -> Self {
        Self(Arc::new(Mutex::new(ZipState {
            reader,
            left: 0,
            members: 0,
        })))
    }

    /// The next member; `None` at the central directory. The unread rest of the previous member is
    /// skipped.
    pub(super) fn next(&self) -> io::Result<Option<Member<R>>> {
        let mut state = self.state();
        while state.left > 0 {
            let mut rest = [0; 4096];
            state.read_member(&mut rest)?;
        }
        let mut mark = [0; 4];
        state.reader.read_exact(&mut mark)?;
        if mark != MEMBER {
            return Ok(None);
        }
        state.members += 1;
        if state.members > MOST_MEMBERS {
            return Err(io::Error::other("it has too many members"));
        }
        let mut head = [0; HEAD];
        state.reader.read_exact(&mut head)?;
        let (flags, method) = (short(&head, 2), short(&head, 4));
        if flags & SIZES_BEHIND != 0 || method != STORED {
            let text = "its members cannot be streamed";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        let mut name = vec![0; usize::from(short(&head, 22))];
        state.reader.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(short(&head, 24))];
        state.reader.read_exact(&mut extra)?;
        state.left = match long(&head, 18) {
            u32::MAX => {
                size_of_zip64(&extra).ok_or_else(|| io::Error::other("a member has no size"))?
            }
            size => u64::from(size),
        };
        Ok(Some(Member {
            name: String::from_utf8_lossy(&name).into_owned(),
            zip: Self(Arc::clone(&self.0)),
        }))
    }

    /// Reads the rest, so that all bytes have been seen.
    pub(super) fn drain(&self) -> io::Result<()> {
        io::copy(&mut self.state().reader, &mut io::sink()).map(drop)
    }

    fn state(&self) -> MutexGuard<'_, ZipState<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Read> ZipState<R> {
    fn read_member(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = self.reader.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The members that the central directory of an archive on disk lists.
pub(super) fn members(archive: &mut (impl Read + Seek)) -> io::Result<Vec<wheel::Member>> {
    let size = archive.seek(SeekFrom::End(0))?;
    let tail = part(archive, size.saturating_sub(TAIL)..size)?;
    let end = EndOfArchive::parse(&tail, size).map_err(io::Error::other)?;
    let bytes = part(archive, end.directory.clone())?;
    let members = Directory::parse(&bytes, &end)
        .map_err(io::Error::other)?
        .members;
    match members.len() > MOST_MEMBERS {
        true => Err(io::Error::other("it has too many members")),
        false => Ok(members),
    }
}

fn part(archive: &mut (impl Read + Seek), range: Range<u64>) -> io::Result<Vec<u8>> {
    archive.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    archive
        .take(range.end - range.start)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The compressed bytes of a member.
pub(super) fn open<R: Read + Seek>(
    mut archive: R,
    member: &wheel::Member,
) -> io::Result<impl Read + use<R>> {
    let refused = |text: &str| io::Error::other(text.to_owned());
    if !matches!(member.method, Method::Stored | Method::Deflated) {
        return Err(refused("a member uses an unsupported compression method"));
    }
    let header = member.span().start;
    let header = part(&mut archive, header..header + (MEMBER.len() + HEAD) as u64)?;
    if header.len() != MEMBER.len() + HEAD || !header.starts_with(&MEMBER) {
        return Err(refused(
            "a member is not at the offset in the central directory",
        ));
    }
    let behind = i64::from(short(&header, 26)) + i64::from(short(&header, 28));
    archive.seek(SeekFrom::Current(behind))?;
    Ok(archive.take(member.packed))
}

/// The size in the zip64 extra field: the second 8-byte number is the compressed size, which for a
/// stored member equals the first.
fn size_of_zip64(mut extra: &[u8]) -> Option<u64> {
    while let [a, b, c, d, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        let field = rest.get(..length)?;
        if u16::from_le_bytes([*a, *b]) == 1 {
            return Some(u64::from_le_bytes(field.get(..8)?.try_into().ok()?));
        }
        extra = &rest[length..];
    }
    None
}

impl<R: Read> Read for Member<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.zip.state().read_member(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, data: &[u8], is_zip64: bool) -> Vec<u8> {
        let size = u32::try_from(data.len()).expect("short");
        let shown = if is_zip64 { u32::MAX } else { size };
        let mut extra = Vec::new();
        if is_zip64 {
            extra.extend([9, 9, 1, 0, 7, 1, 0, 16, 0]);
            extra.extend(u64::from(size).to_le_bytes());
            extra.extend(u64::from(size).to_le_bytes());
        }
        let short = |number: usize| u16::try_from(number).expect("short").to_le_bytes();
        let mut bytes = MEMBER.to_vec();
        bytes.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([shown.to_le_bytes(), shown.to_le_bytes()].concat());
        bytes.extend([short(name.len()), short(extra.len())].concat());
        bytes.extend([name.as_bytes(), &extra, data].concat());
        bytes
    }

    #[test]
    fn the_unread_rest_of_a_member_is_skipped() {
        let bytes = [
            member("a", b"first", false),
            member("b", b"second", false),
            b"PK\x01\x02and so on".to_vec(),
        ];
        let zip = Zip::new(io::Cursor::new(bytes.concat()));
        assert_eq!(zip.next().expect("readable").expect("a member").name, "a");
        let mut second = zip.next().expect("readable").expect("a member");
        let mut text = String::new();
        second.read_to_string(&mut text).expect("its bytes");
        assert_eq!(text, "second");
        let many = Zip::new(io::Cursor::new(member("a", b"", false).repeat(200)));
        let refused = std::iter::repeat_with(|| many.next()).find_map(Result::err);
        assert!(refused.expect("refused").to_string().contains("too many"));
    }

    #[test]
    fn members_are_streamed_however_their_sizes_are_stored() {
        let bytes = [
            member("a", b"first", false),
            member("b", b"second", true),
            member("c", b"", false),
            b"PK\x01\x02and so on".to_vec(),
        ];
        let zip = Zip::new(io::Cursor::new(bytes.concat()));
        for (name, data) in [("a", "first"), ("b", "second"), ("c", "")] {
            let mut member = zip.next().expect("readable").expect("a member");
            let mut text = String::new();
            member.read_to_string(&mut text).expect("its bytes");
            assert_eq!((member.name.as_str(), text.as_str()), (name, data));
        }
        assert!(zip.next().expect("readable").is_none());
        let mut behind = member("a", b"first", false);
        behind[6] = 8;
        assert!(Zip::new(behind.as_slice()).next().is_err());
        let cut = &member("a", b"first", false)[..33];
        let mut member = Zip::new(cut).next().expect("head").expect("a member");
        assert!(member.read_to_end(&mut Vec::new()).is_err());
    }
}
