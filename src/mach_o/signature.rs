//! The signature at the end of a file: a list of blobs, each with its kind.

use super::code_directory::{
    CodeDirectory, DAMAGED, NewCodeDirectory, push_u32s, read_u32, write_digests,
};
use super::commands::{self, Commands};
use super::{MachOError, Result};
use std::fmt::Write as _;
use std::ops::Range;

const MAGIC: u32 = 0xfade_0cc0;
/// The kinds of blobs: the directory of digests, the requirements, further directories (of other
/// kinds of digests), and the statement that a key signed.
const DIRECTORY: u32 = 0;
const REQUIREMENTS: u32 = 2;
const FURTHER_DIRECTORIES: Range<u32> = 0x1000..0x1005;
const STATEMENT: u32 = 0x1_0000;
/// The most blobs of a signature. There are eleven kinds.
const MOST_BLOBS: usize = 16;
/// No requirements, as a list of none.
const NO_REQUIREMENTS: [u8; 12] = *b"\xfa\xde\x0c\x01\0\0\0\x0c\0\0\0\0";
/// No statement.
const NO_STATEMENT: [u8; 8] = *b"\xfa\xde\x0b\x01\0\0\0\x08";

/// Renews the signature of one part, if it has one.
pub(super) fn renew(part: &mut [u8], file_name: &str) -> Result<()> {
    let found = commands::read(part)?;
    let Some(place) = found.signature.clone() else {
        return Ok(());
    };
    if place.start < found.list.end {
        return Err(DAMAGED);
    }
    let (signed, signature) = part[..place.end].split_at_mut(place.start);
    let directories = directories(signature, signed.len())?;
    if !directories.is_empty()
        && directories
            .iter()
            .all(|(_, one)| one.is_adhoc && one.is_renewable)
    {
        let places: Vec<(usize, (Range<usize>, usize))> = directories
            .iter()
            .map(|(start, directory)| (*start, directory.digests()))
            .collect();
        for (start, (digests, page)) in places {
            write_digests(&mut signature[start..][digests], page, signed);
        }
        return Ok(());
    }
    let named = directories.iter().find_map(|(_, one)| one.identifier);
    let identifier = named.map_or_else(|| identifier_of(file_name, &found), ToOwned::to_owned);
    let new = adhoc(signed, &identifier, &found);
    if new.len() > signature.len() {
        return Err(MachOError::NoRoomForSignature {
            needed: new.len(),
            room: signature.len(),
        });
    }
    signature.fill(0);
    signature[..new.len()].copy_from_slice(&new);
    Ok(())
}

/// The directories of a signature, and where each begins. There is none in an empty place.
fn directories(signature: &[u8], limit: usize) -> Result<Vec<(usize, CodeDirectory<'_>)>> {
    if signature.iter().all(|byte| *byte == 0) {
        return Ok(Vec::new());
    }
    if read_u32(signature, 0)? != MAGIC {
        return Err(DAMAGED);
    }
    let count = read_u32(signature, 8)? as usize;
    if count > MOST_BLOBS {
        return Err(DAMAGED);
    }
    let mut found = Vec::new();
    for index in 0..count {
        let entry = 12 + 8 * index;
        let kind = read_u32(signature, entry)?;
        if kind != DIRECTORY && !FURTHER_DIRECTORIES.contains(&kind) {
            continue;
        }
        let start = read_u32(signature, entry + 4)? as usize;
        let length = read_u32(signature, start.saturating_add(4))? as usize;
        let blob = signature.get(start..start.saturating_add(length));
        found.push((start, CodeDirectory::read(blob.ok_or(DAMAGED)?, limit)?));
    }
    Ok(found)
}

/// An ad-hoc signature, as `codesign --sign -` makes it.
fn adhoc(signed: &[u8], identifier: &str, found: &Commands) -> Vec<u8> {
    let directory = NewCodeDirectory {
        signed,
        identifier,
        text: found.text,
        is_program: found.is_program,
        requirements: &NO_REQUIREMENTS,
    };
    let blobs = [
        (DIRECTORY, directory.to_bytes()),
        (REQUIREMENTS, NO_REQUIREMENTS.to_vec()),
        (STATEMENT, NO_STATEMENT.to_vec()),
    ];
    let head = 12 + 8 * blobs.len();
    let length = head + blobs.iter().map(|(_, blob)| blob.len()).sum::<usize>();
    let mut made = Vec::with_capacity(length);
    push_u32s(&mut made, &[MAGIC as usize, length, blobs.len()]);
    let mut offset = head;
    for (kind, blob) in &blobs {
        push_u32s(&mut made, &[*kind as usize, offset]);
        offset += blob.len();
    }
    for (_, blob) in blobs {
        made.extend_from_slice(&blob);
    }
    made
}

/// The identifier that codesign derives from the name of a file: without its last extension, and of
/// a version only the first number. One without a dot is not held to be unique, and gets the UUID
/// of the file.
fn identifier_of(file_name: &str, found: &Commands) -> String {
    let stem = match file_name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file_name,
    };
    let is_version = |byte: char| byte.is_ascii_digit() || byte == '.';
    let base = stem.trim_end_matches(is_version).len();
    // `.6` of `libtiff.6`, `2` of `libopenjp2.2.5.4`
    let version = &stem[base..];
    let first = version.strip_prefix('.').unwrap_or(version);
    let digits = first.bytes().take_while(u8::is_ascii_digit).count();
    let name = &stem[..base + version.len() - first.len() + digits];
    let Some(uuid) = found.uuid.filter(|_| !name.contains('.')) else {
        return name.to_owned();
    };
    // "UUID" in hexadecimal comes first.
    let mut text = format!("{name}-55554944");
    for byte in uuid {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
