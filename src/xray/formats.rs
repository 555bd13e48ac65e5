//! The formats of modules.

use super::image::Image;
use super::verdict::Why;
use super::{elf, macho, pe};

/// Reads a module of any format.
pub(super) fn parse(data: &[u8]) -> Result<Image<'_>, Why> {
    match data {
        [0x7f, b'E', b'L', b'F', ..] => elf::parse(data),
        [b'M', b'Z', ..] => pe::parse(data),
        _ if macho::recognises(data) => macho::parse(data),
        _ => Err(Why::UnknownFormat),
    }
}
