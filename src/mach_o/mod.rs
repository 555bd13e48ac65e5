//! Mach-O files, changed in place: the install name of a library, and the signature of a changed
//! file.
//!
//! Apple's command-line tools are not needed. The bytes are the same on every system, so tests on
//! Linux compare them with files that Apple's `codesign` signed.
//!
//! The sizes of files never change, so that the parts of a universal file stay where they are.

mod code_directory;
mod commands;
mod install_name;
mod signature;

use object::macho::CpuType;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use std::ops::Range;

/// How a little-endian file of 64 bits begins.
const MAGIC_64: [u8; 4] = [0xcf, 0xfa, 0xed, 0xfe];

/// The most parts of a universal file. Apple's have up to five.
const MOST_PARTS: usize = 16;

/// Why a file was not changed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MachOError {
    /// It is damaged, or not of a kind that macOS still starts.
    #[error("damaged or of an unknown kind: {0}")]
    Malformed(&'static str),
    /// The new install name is longer than what the linker left free.
    #[error("no room for an install name of {needed} bytes, only for {room}")]
    NoRoomForName {
        /// The length of the name.
        needed: usize,
        /// The longest one that fits.
        room: usize,
    },
    /// The file has a place for a signature, which is too small.
    #[error("no room for a signature of {needed} bytes, only for {room}")]
    NoRoomForSignature {
        /// The size of the signature.
        needed: usize,
        /// The size of its place.
        room: usize,
    },
}

type Result<T, E = MachOError> = std::result::Result<T, E>;

/// Whether a file is a program or library of macOS, of one machine or several. The first bytes of a
/// universal file are also those of a Java class, whose "number of parts" is at least 45.
#[must_use]
pub fn is_mach_o(bytes: &[u8]) -> bool {
    match bytes {
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => true,
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, count, ..] => *count < 45,
        _ => false,
    }
}

/// Sets the install name of a library (`install_name_tool -id`), in each part of a universal file
/// that macOS still starts. The signature is invalid afterwards: see [`sign`].
///
/// # Errors
/// Returns an error, and changes nothing, if no part is of 64 bits, or one is damaged, has no install
/// name, or no room for the new one.
pub fn set_install_name(bytes: &mut [u8], name: &str) -> Result<()> {
    match change_all(bytes, |part| install_name::set(part, name))? {
        0 => Err(MachOError::Malformed("it has no part of 64 bits")),
        _ => Ok(()),
    }
}

/// Makes the signature of a changed file valid again, in each part of a universal file. Apple
/// silicon kills whatever uses a file whose signature is invalid.
///
/// An ad-hoc signature stays what it is, with new digests. Any other becomes an ad-hoc one, as by
/// `codesign --force --sign -`: only its owner could renew it. A part without a signature, as
/// Intel's often are, gets none, and so does one of 32 bits, which no supported macOS starts.
/// `file_name` is what a signature is named after, where there was none in its place.
///
/// # Errors
/// Returns an error, and changes nothing, if a part is damaged or has no room for the signature.
pub fn sign(bytes: &mut [u8], file_name: &str) -> Result<()> {
    change_all(bytes, |part| signature::renew(part, file_name)).map(|_| ())
}

/// Changes every part of 64 bits, or none. Returns how many there are.
fn change_all(bytes: &mut [u8], change: impl Fn(&mut [u8]) -> Result<()>) -> Result<usize> {
    let mut parts = parts(bytes)?;
    parts.retain(|part| bytes[part.clone()].starts_with(&MAGIC_64));
    if let [only] = &parts[..] {
        change(&mut bytes[only.clone()])?;
        return Ok(1);
    }
    let mut made = bytes.to_vec();
    for part in &parts {
        change(&mut made[part.clone()])?;
    }
    bytes.copy_from_slice(&made);
    Ok(parts.len())
}

/// A part of a universal file: its machine, and where it is.
type Listed = (CpuType, Range<usize>);

/// The parts of a universal file, as its header lists them; `None` if the file is of one machine. A
/// part may lie outside the file.
pub(crate) fn universal(bytes: &[u8]) -> Option<object::Result<Vec<Listed>>> {
    match bytes {
        [0xca, 0xfe, 0xba, 0xbe, ..] => {
            Some(MachOFatFile32::parse(bytes).map(|file| listed(file.arches())))
        }
        [0xca, 0xfe, 0xba, 0xbf, ..] => {
            Some(MachOFatFile64::parse(bytes).map(|file| listed(file.arches())))
        }
        _ => None,
    }
}

fn listed(parts: &[impl FatArch]) -> Vec<Listed> {
    let part = |part| (FatArch::cputype(part), range_of(part));
    parts.iter().map(part).collect()
}

/// Where the parts of a universal file are; the whole file where it is of one machine.
fn parts(bytes: &[u8]) -> Result<Vec<Range<usize>>> {
    let Some(parts) = universal(bytes) else {
        let whole = 0..bytes.len();
        return Ok(Vec::from([whole]));
    };
    let parts = parts.map_err(|_| MachOError::Malformed("the list of its parts"))?;
    if parts.len() > MOST_PARTS {
        return Err(MachOError::Malformed("it has too many parts"));
    }
    let mut parts: Vec<Range<usize>> = parts.into_iter().map(|(_, part)| part).collect();
    // One after the other: no byte is worked on twice.
    parts.sort_by_key(|part| part.start);
    let mut end = 0;
    for part in &parts {
        if part.start < end || part.end < part.start || part.end > bytes.len() {
            return Err(MachOError::Malformed("its parts overlap or lie outside"));
        }
        end = part.end;
    }
    Ok(parts)
}

fn range_of(part: &impl FatArch) -> Range<usize> {
    let (offset, size): (u64, u64) = (part.offset().into(), part.size().into());
    let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    position(offset)..position(offset.saturating_add(size))
}
