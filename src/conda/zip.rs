//! The members of a `.conda`, one after the other as its bytes come.
//!
//! A `.conda` is a zip of stored members (conda's CEP 35): `metadata.json`, `info-….tar.zst`,
//! `pkg-….tar.zst`. What stands before each member is enough to read it, unless the writer could
//! not seek and put the sizes behind it; such an archive is read from its end, as a whole.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// A member's head.
const MEMBER: [u8; 4] = *b"PK\x03\x04";
/// The length of what follows the mark.
const HEAD: usize = 26;
/// The flag that the sizes stand behind the member.
const SIZES_BEHIND: u16 = 1 << 3;

/// The bytes of an archive, shared with the thread that decodes a member of it.
#[derive(Debug, Clone)]
pub(super) struct Zip<R>(Arc<Mutex<R>>);

/// A member: its bytes, and no more.
#[derive(Debug)]
pub(super) struct Member<R> {
    /// `pkg-tzdata-2026a-h1_0.tar.zst`
    pub(super) name: String,
    zip: Zip<R>,
    left: u64,
}

impl<R: Read> Zip<R> {
    /// An archive of which nothing was read.
    pub(super) fn new(reader: R) -> Self {
        Self(Arc::new(Mutex::new(reader)))
    }

    /// The next member; `None` where the directory of members begins. The one before must have
    /// been read to its end.
    pub(super) fn next(&self) -> io::Result<Option<Member<R>>> {
        let mut mark = [0; 4];
        self.fill(&mut mark)?;
        if mark != MEMBER {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        self.fill(&mut head)?;
        let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let long =
            |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (flags, method) = (short(2), short(4));
        if flags & SIZES_BEHIND != 0 || method != 0 {
            let text = "its members cannot be read one after the other";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        let mut name = vec![0; usize::from(short(22))];
        self.fill(&mut name)?;
        let mut extra = vec![0; usize::from(short(24))];
        self.fill(&mut extra)?;
        let left = match long(18) {
            u32::MAX => {
                size_of_zip64(&extra).ok_or_else(|| io::Error::other("a member has no size"))?
            }
            size => u64::from(size),
        };
        Ok(Some(Member {
            name: String::from_utf8_lossy(&name).into_owned(),
            zip: Self(Arc::clone(&self.0)),
            left,
        }))
    }

    /// Reads what is left, so that all bytes were seen.
    pub(super) fn drain(&self) -> io::Result<()> {
        let mut reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        io::copy(&mut *reader, &mut io::sink()).map(drop)
    }

    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        let mut reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reader.read_exact(buffer)
    }
}

/// The size in the extra field that zip64 adds: the second of its 8-byte numbers is the packed
/// one; for a stored member both are the same.
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
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let mut reader = self.zip.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = reader.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
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
    fn members_are_read_one_after_the_other_whatever_their_sizes_are_written_in() {
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
