//! Reads the members of a `.conda` from a stream.
//!
//! A `.conda` is a zip archive of stored members (conda's CEP 35): `metadata.json`,
//! `info-….tar.zst`, `pkg-….tar.zst`. The local headers suffice for streaming, unless the writer
//! could not seek and put the sizes after the data; such an archive is read through its central
//! directory instead.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The signature of a local header.
const MEMBER: [u8; 4] = *b"PK\x03\x04";
/// The length of the rest of a local header.
const HEAD: usize = 26;
/// The flag for sizes after the data.
const SIZES_BEHIND: u16 = 1 << 3;
/// Compression methods: stored and deflate.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The signatures of a central directory entry and of the end of the central directory.
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// The length of the end record without its comment, and the maximum length of the comment.
const END_LENGTH: u64 = 22;
const LONGEST_COMMENT: u64 = u16::MAX as u64;
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

/// The location of a member in an archive on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// `pkg-tzdata-2026a-h1_0.tar.zst`
    pub(super) name: String,
    /// Whether it is compressed with deflate.
    pub(super) is_deflated: bool,
    /// The offset of its local header.
    start: u64,
    length: u64,
}

/// The members listed by the central directory. Archives over 4 GiB, which have a second one, are
/// rejected: they can be streamed.
pub(super) fn members(archive: &mut (impl Read + Seek)) -> io::Result<Vec<Placed>> {
    let refused = |text: &str| io::Error::other(text.to_owned());
    let size = archive.seek(SeekFrom::End(0))?;
    let tail = size.min(END_LENGTH + LONGEST_COMMENT);
    archive.seek(SeekFrom::Start(size - tail))?;
    let mut end = Vec::new();
    archive.take(tail).read_to_end(&mut end)?;
    let places = end.windows(4).rposition(|four| four == END);
    let end = places.and_then(|place| end.get(place..));
    let end = end.filter(|end| end.len() as u64 >= END_LENGTH);
    let end = end.ok_or_else(|| refused("it has no central directory"))?;
    let count = usize::from(short(end, 10));
    if count > MOST_MEMBERS {
        return Err(refused("it has too many members"));
    }
    archive.seek(SeekFrom::Start(u64::from(long(end, 16))))?;
    let mut found = Vec::new();
    for _ in 0..count {
        let mut entry = [0; 46];
        archive.read_exact(&mut entry)?;
        let (method, packed, start) = (short(&entry, 10), long(&entry, 20), long(&entry, 42));
        if entry[..4] != ENTRY || packed == u32::MAX || start == u32::MAX {
            return Err(refused("its central directory is damaged"));
        }
        if method != STORED && method != DEFLATED {
            return Err(refused("a member uses an unsupported compression method"));
        }
        let mut name = vec![0; usize::from(short(&entry, 28))];
        archive.read_exact(&mut name)?;
        let behind = i64::from(short(&entry, 30)) + i64::from(short(&entry, 32));
        archive.seek(SeekFrom::Current(behind))?;
        found.push(Placed {
            name: String::from_utf8_lossy(&name).into_owned(),
            is_deflated: method == DEFLATED,
            start: u64::from(start),
            length: u64::from(packed),
        });
    }
    Ok(found)
}

/// The compressed bytes of a member.
pub(super) fn open<R: Read + Seek>(
    mut archive: R,
    member: &Placed,
) -> io::Result<impl Read + use<R>> {
    archive.seek(SeekFrom::Start(member.start))?;
    let mut head = [0; HEAD + 4];
    archive.read_exact(&mut head)?;
    if head[..4] != MEMBER {
        return Err(io::Error::other(
            "a member is not at the offset in the central directory",
        ));
    }
    let behind = i64::from(short(&head, 26)) + i64::from(short(&head, 28));
    archive.seek(SeekFrom::Current(behind))?;
    Ok(archive.take(member.length))
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
