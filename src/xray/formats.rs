//! The formats of modules.

use super::image::Image;
use super::verdict::Why;
use super::{elf, macho, pe};

/// How many bytes of a file decide, by the first ones; `None` if all of them may do.
pub(super) fn needed(first: &[u8]) -> Option<u64> {
    first.starts_with(b"\x7fELF").then(|| elf::needed(first))?
}

/// Reads a module of any format.
pub(super) fn parse(data: &[u8]) -> Result<Image<'_>, Why> {
    match data {
        [0x7f, b'E', b'L', b'F', ..] => elf::parse(data),
        [b'M', b'Z', ..] => pe::parse(data),
        _ if macho::recognises(data) => macho::parse(data),
        _ => Err(Why::UnknownFormat),
    }
}
