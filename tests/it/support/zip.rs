//! Writes zip archives, right and wrong ones: an ordinary writer would refuse most of the latter.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// A member of an archive. The fields after `data` can be made to contradict it.
#[derive(Debug, Clone)]
pub struct ZipMember {
    /// Its name in the directory.
    pub name: String,
    /// Its contents.
    pub data: Vec<u8>,
    /// The method: 0 for stored, 8 for deflate.
    pub method: u16,
    /// The flags: 1 for encrypted, 8 for sizes after the data.
    pub flags: u16,
    /// Its name in the local header.
    pub local_name: String,
    /// The checksum in the directory, if it is wrong.
    pub crc: Option<u32>,
    /// The size in the directory, if it is wrong.
    pub size: Option<u32>,
    /// The compressed size in both headers, if it is wrong.
    pub packed: Option<u32>,
    /// The position in the directory, if it is wrong.
    pub start: Option<u32>,
    /// Whether its numbers are in the zip64 field.
    pub is_zip64: bool,
}

impl ZipMember {
    /// A right one, compressed with deflate.
    pub fn new(name: &str, data: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            data: data.into(),
            method: 8,
            flags: 0,
            local_name: name.to_owned(),
            crc: None,
            size: None,
            packed: None,
            start: None,
            is_zip64: false,
        }
    }

    fn compressed(&self) -> Vec<u8> {
        if self.method != 8 {
            return self.data.clone();
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.data).expect("memory");
        encoder.finish().expect("memory")
    }

    /// The part that both headers have: from the flags to the length of the extra field.
    fn head(&self, numbers: [u32; 3], name: &str, extra: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [self.flags, self.method, 0, 33] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(numbers.map(u32::to_le_bytes).concat());
        bytes.extend(short(name.len()));
        bytes.extend(short(extra.len()));
        bytes
    }
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("short").to_le_bytes()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("long").to_le_bytes()
}

/// The archive, with the end records of zip64 if a member is one of zip64.
pub fn zip(members: &[ZipMember]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let start = member.start.unwrap_or(bytes.len() as u32);
        let data = member.compressed();
        let mut crc = flate2::Crc::new();
        crc.update(&member.data);
        let crc = member.crc.unwrap_or(crc.sum());
        let mut packed = member.packed.unwrap_or(data.len() as u32);
        let mut size = member.size.unwrap_or(member.data.len() as u32);
        let (mut local_extra, mut extra, mut shown_start) = (Vec::new(), Vec::new(), start);
        if member.is_zip64 {
            let numbers = [size, packed, start].map(|number| u64::from(number).to_le_bytes());
            local_extra = [&[1, 0, 16, 0][..], &numbers[..2].concat()].concat();
            extra = [&[9, 9, 0, 0, 1, 0, 24, 0][..], &numbers.concat()].concat();
            (size, packed, shown_start) = (u32::MAX, u32::MAX, u32::MAX);
        }
        let local = match member.flags & 8 {
            0 => [crc, packed, size],
            _ => [0; 3],
        };
        bytes.extend(b"PK\x03\x04\x14\0");
        bytes.extend(member.head(local, &member.local_name, &local_extra));
        bytes.extend(member.local_name.bytes());
        bytes.extend([local_extra, data].concat());
        if member.flags & 8 != 0 {
            bytes.extend(b"PK\x07\x08");
            bytes.extend([crc, packed, size].map(u32::to_le_bytes).concat());
        }
        directory.extend(b"PK\x01\x02\x14\0\x14\0");
        directory.extend(member.head([crc, packed, size], &member.name, &extra));
        directory.extend([0; 10]);
        directory.extend(shown_start.to_le_bytes());
        directory.extend(member.name.bytes());
        directory.extend(extra);
    }
    let (start, length) = (bytes.len(), directory.len());
    bytes.extend(directory);
    let count = members.len();
    if members.iter().any(|member| member.is_zip64) {
        let place = bytes.len() as u64;
        bytes.extend(b"PK\x06\x06");
        bytes.extend(44_u64.to_le_bytes());
        bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for number in [count, count, length, start] {
            bytes.extend((number as u64).to_le_bytes());
        }
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend(place.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
    }
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([short(count), short(count)].concat());
    bytes.extend([long(length), long(start)].concat());
    bytes.extend([0, 0]);
    bytes
}
