//! Archives for tests, written block by block.
//!
//! Owns the bytes of ustar, PAX and GNU headers. The `tar` crate must not be used: it refuses `..`,
//! absolute names and wrong sizes, which are tested here.
//! A member is a 512-byte header followed by its data, padded to 512 bytes.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use liblzma::write::XzEncoder;
use sha2::{Digest, Sha256};

const BLOCK: usize = 512;

/// One member. Every field is written as given, valid or not.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The type flag: `b'0'` file, `b'1'` hard link, `b'2'` symlink, `b'3'` character device,
    /// `b'4'` block device, `b'5'` directory, `b'6'` fifo, `b'x'` PAX, `b'L'` GNU long name.
    pub kind: u8,
    /// At most 100 bytes.
    pub name: Vec<u8>,
    /// The ustar prefix, at most 155 bytes: readers put it and a slash before the name.
    pub prefix: Vec<u8>,
    /// At most 100 bytes.
    pub link: Vec<u8>,
    /// Permission bits, including set-uid.
    pub mode: u32,
    /// The size in the header; `None` for the actual size.
    pub size: Option<u64>,
    /// The data after the header.
    pub data: Vec<u8>,
}

impl Entry {
    /// A member without data, mode 0644, for struct update syntax or direct use.
    pub fn new(kind: u8, name: impl AsRef<[u8]>) -> Entry {
        Entry {
            kind,
            name: name.as_ref().to_vec(),
            prefix: Vec::new(),
            link: Vec::new(),
            mode: 0o644,
            size: None,
            data: Vec::new(),
        }
    }

    /// The header without its checksum.
    fn header(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        put(&mut block, 0, 100, &self.name);
        put_number(&mut block, 100, 8, self.mode.into());
        put_number(&mut block, 108, 8, 0); // uid
        put_number(&mut block, 116, 8, 0); // gid
        put_number(
            &mut block,
            124,
            12,
            self.size.unwrap_or(self.data.len() as u64),
        );
        put_number(&mut block, 136, 12, 1_700_000_000); // mtime
        block[156] = self.kind;
        put(&mut block, 157, 100, &self.link);
        if matches!(self.kind, b'L' | b'K' | b'S') {
            put(&mut block, 257, 8, b"ustar  \0");
        } else {
            put(&mut block, 257, 8, b"ustar\x0000");
        }
        if matches!(self.kind, b'3' | b'4') {
            put_number(&mut block, 329, 8, 1); // major and minor of /dev/null
            put_number(&mut block, 337, 8, 3);
        }
        put(&mut block, 345, 155, &self.prefix);
        block
    }
}

/// A list of members, in the order of the calls. Names are bytes and never checked.
///
/// A name or link over 100 bytes gets a GNU long-name record before it, except in `entry`.
#[derive(Clone, Debug, Default)]
pub struct ArchiveBuilder {
    bytes: Vec<u8>,
    truncated: bool,
}

impl ArchiveBuilder {
    /// An archive without members.
    pub fn new() -> ArchiveBuilder {
        ArchiveBuilder::default()
    }

    /// A directory of mode 0755.
    pub fn dir(self, name: impl AsRef<[u8]>) -> Self {
        let entry = Entry {
            mode: 0o755,
            ..Entry::new(b'5', name)
        };
        self.long_entry(entry)
    }

    /// A regular file; the mode may carry set-uid bits, as in `0o4755`.
    pub fn file(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>, mode: u32) -> Self {
        let data = data.as_ref().to_vec();
        self.long_entry(Entry {
            mode,
            data,
            ..Entry::new(b'0', name)
        })
    }

    /// A regular file of mode 0644 whose name is in the header itself: at most 100 bytes.
    pub fn raw_name(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref().to_vec();
        self.entry(Entry {
            data,
            ..Entry::new(b'0', name)
        })
    }

    /// A symlink to any target.
    pub fn symlink(self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let link = target.as_ref().to_vec();
        self.long_entry(Entry {
            link,
            mode: 0o777,
            ..Entry::new(b'2', name)
        })
    }

    /// A hard link; the target is a member's name, relative to the archive's root.
    pub fn hardlink(self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let link = target.as_ref().to_vec();
        self.long_entry(Entry {
            link,
            ..Entry::new(b'1', name)
        })
    }

    /// The character device 1:3, which is the null device.
    pub fn device(self, name: impl AsRef<[u8]>) -> Self {
        self.long_entry(Entry::new(b'3', name))
    }

    /// A fifo.
    pub fn fifo(self, name: impl AsRef<[u8]>) -> Self {
        self.long_entry(Entry::new(b'6', name))
    }

    /// PAX records for the next member: `size`, `path`, `linkpath`, anything.
    pub fn pax(self, records: &[(&str, &str)]) -> Self {
        let data = pax_records(records);
        self.entry(Entry {
            data,
            ..Entry::new(b'x', "././@PaxHeader")
        })
    }

    /// PAX records for all following members.
    pub fn pax_global(self, records: &[(&str, &str)]) -> Self {
        let data = pax_records(records);
        self.entry(Entry {
            data,
            ..Entry::new(b'g', "././@PaxHeader")
        })
    }

    /// A GNU long name for the next member, long or not.
    pub fn gnu_long_name(self, name: impl AsRef<[u8]>) -> Self {
        let data = [name.as_ref(), b"\0"].concat();
        self.entry(Entry {
            data,
            ..Entry::new(b'L', "././@LongLink")
        })
    }

    /// A GNU long link target for the next member, long or not.
    pub fn gnu_long_link(self, target: impl AsRef<[u8]>) -> Self {
        let data = [target.as_ref(), b"\0"].concat();
        self.entry(Entry {
            data,
            ..Entry::new(b'K', "././@LongLink")
        })
    }

    /// A GNU sparse file: pieces (offset, bytes) in order, holes elsewhere up to `real_size`.
    ///
    /// At most four pieces, or three before a hole at the end. Readers require each piece but the
    /// last to end at a multiple of 512.
    pub fn sparse(self, name: impl AsRef<[u8]>, real_size: u64, pieces: &[(u64, &[u8])]) -> Self {
        let mut map: Vec<(u64, u64)> = Vec::new();
        map.extend(
            pieces
                .iter()
                .map(|(offset, bytes)| (*offset, bytes.len() as u64)),
        );
        if map
            .last()
            .is_none_or(|(offset, length)| offset + length < real_size)
        {
            map.push((real_size, 0));
        }
        assert!(
            map.len() <= 4,
            "a sparse header holds four pieces, not {}",
            map.len()
        );
        let data = pieces
            .iter()
            .flat_map(|(_, bytes)| bytes.iter().copied())
            .collect();
        let entry = Entry {
            data,
            ..Entry::new(b'S', name)
        };
        let mut header = entry.header();
        for (index, (offset, length)) in map.into_iter().enumerate() {
            put_number(&mut header, 386 + 24 * index, 12, offset);
            put_number(&mut header, 398 + 24 * index, 12, length);
        }
        put_number(&mut header, 483, 12, real_size);
        self.member(header, &entry.data)
    }

    /// A file whose header announces more bytes than follow: the archive ends with `data`.
    pub fn truncated(self, name: impl AsRef<[u8]>, claimed: u64, data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref();
        assert!(
            claimed > data.len() as u64,
            "{claimed} bytes are not more than follow"
        );
        let header = Entry {
            size: Some(claimed),
            ..Entry::new(b'0', name)
        }
        .header();
        let mut cut = self.member(header, &[]);
        cut.bytes.extend(data);
        cut.truncated = true;
        cut
    }

    /// Any member, written unchanged.
    pub fn entry(self, entry: Entry) -> Self {
        let header = entry.header();
        self.member(header, &entry.data)
    }

    /// Any bytes, for what no header can express; whole blocks, unless nothing follows.
    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.bytes.extend(bytes.as_ref());
        self
    }

    /// The archive without compression, closed by two blocks of zeros unless truncated.
    pub fn tar(&self) -> Vec<u8> {
        let end = if self.truncated { 0 } else { 2 * BLOCK };
        [self.bytes.as_slice(), &vec![0; end]].concat()
    }

    /// The archive as `.tar.gz`.
    pub fn tar_gz(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.tar()).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    /// The archive as `.tar.zst`.
    pub fn tar_zst(&self) -> Vec<u8> {
        zstd::encode_all(self.tar().as_slice(), 1).expect("memory takes all")
    }

    /// The archive as `.tar.xz`.
    pub fn tar_xz(&self) -> Vec<u8> {
        let mut encoder = XzEncoder::new(Vec::new(), 1);
        encoder.write_all(&self.tar()).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    /// Moves what does not fit into the header to a GNU record before it.
    fn long_entry(mut self, mut entry: Entry) -> Self {
        if entry.name.len() > 100 {
            self = self.gnu_long_name(&entry.name);
            entry.name.truncate(100);
        }
        if entry.link.len() > 100 {
            self = self.gnu_long_link(&entry.link);
            entry.link.truncate(100);
        }
        self.entry(entry)
    }

    fn member(mut self, mut header: [u8; BLOCK], data: &[u8]) -> Self {
        assert!(!self.truncated, "nothing can follow a truncated member");
        seal(&mut header);
        self.bytes.extend(header);
        self.bytes.extend(data);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(BLOCK), 0);
        self
    }
}

/// A valid `.tar.gz` with one file of zeros, `python/bomb`; needs as much memory as its result.
pub fn bomb_gz(uncompressed_bytes: u64) -> Vec<u8> {
    let entry = Entry {
        size: Some(uncompressed_bytes),
        ..Entry::new(b'0', "python/bomb")
    };
    let mut header = entry.header();
    seal(&mut header);
    let zeros = uncompressed_bytes.next_multiple_of(BLOCK as u64) + 2 * BLOCK as u64;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&header).expect("memory takes all");
    io::copy(&mut io::repeat(0).take(zeros), &mut encoder).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// The SHA-256 of some bytes, in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Writes a text field. A text of the field's full width has no NUL after it.
fn put(block: &mut [u8; BLOCK], at: usize, width: usize, bytes: &[u8]) {
    assert!(
        bytes.len() <= width,
        "{} bytes do not fit into {width}",
        bytes.len()
    );
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Writes octal digits and a NUL, or big-endian binary marked by the top bit if they do not fit.
fn put_number(block: &mut [u8; BLOCK], at: usize, width: usize, number: u64) {
    let octal = format!("{number:0digits$o}\0", digits = width - 1);
    if octal.len() == width {
        put(block, at, width, octal.as_bytes());
    } else {
        assert!(width == 12, "{number} does not fit into {width} bytes");
        block[at] = 0x80;
        put(block, at + 4, 8, &number.to_be_bytes());
    }
}

/// Fills in the checksum: the sum of all bytes, its own field counted as spaces.
fn seal(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(block, 148, 8, format!("{sum:06o}\0 ").as_bytes());
}

/// `"<length> <key>=<value>\n"` for each record; the length counts its own digits.
fn pax_records(records: &[(&str, &str)]) -> Vec<u8> {
    let mut data = Vec::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len();
        while length != rest.len() + length.to_string().len() {
            length = rest.len() + length.to_string().len();
        }
        data.extend(format!("{length}{rest}").bytes());
    }
    data
}
