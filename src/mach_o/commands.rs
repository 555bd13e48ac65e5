//! The load commands of one part of a file.

use super::{MachOError, Result};
use object::LittleEndian as Little;
use object::macho;
use object::read::macho::{LoadCommandVariant, MachHeader as _, Section as _, Segment as _};
use std::ops::Range;

type Header = macho::MachHeader64<Little>;

/// What is known of a part from its load commands. Ranges are inside the part.
#[derive(Debug)]
pub(super) struct Commands {
    /// Where the load commands are.
    pub(super) list: Range<usize>,
    /// Where the bytes of the first section, segment or signature begin: load commands may grow up
    /// to there.
    pub(super) room_ends: usize,
    /// The command with the install name.
    pub(super) install_name: Option<Range<usize>>,
    /// Where the signature is.
    pub(super) signature: Option<Range<usize>>,
    /// Where `__TEXT` is: its position and size.
    pub(super) text: (u64, u64),
    /// Whether it is a program, and not a library.
    pub(super) is_program: bool,
    /// The UUID that the linker gave it.
    pub(super) uuid: Option<[u8; 16]>,
}

/// Reads the load commands of a part that begins as little-endian files of 64 bits do.
///
/// # Errors
/// Returns an error if a command is damaged, or the signature lies outside.
pub(super) fn read(part: &[u8]) -> Result<Commands> {
    let bad = |_| MachOError::Malformed("its header");
    let header = Header::parse(part, 0).map_err(bad)?;
    let start = size_of::<Header>();
    let mut found = Commands {
        list: start..start,
        room_ends: part.len(),
        install_name: None,
        signature: None,
        text: (0, 0),
        is_program: header.filetype(Little) == macho::MH_EXECUTE,
        uuid: None,
    };
    let mut commands = header.load_commands(Little, part, 0).map_err(bad)?;
    let bad = |_| MachOError::Malformed("its load commands");
    while let Some(command) = commands.next().map_err(bad)? {
        let at = found.list.end..found.list.end + command.raw_data().len();
        match command.variant().map_err(bad)? {
            LoadCommandVariant::Segment64(segment, sections) => {
                if segment.name() == b"__TEXT" {
                    found.text = segment.file_range(Little);
                }
                let sections = segment.sections(Little, sections).map_err(bad)?;
                let offsets = sections.iter().map(|one| u64::from(one.offset(Little)));
                for offset in offsets.chain([segment.file_range(Little).0]) {
                    // Zero: `__TEXT`, which the header is a part of, or no bytes in the file.
                    if offset != 0 {
                        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                        found.room_ends = found.room_ends.min(offset);
                    }
                }
            }
            LoadCommandVariant::IdDylib(_) => found.install_name = Some(at.clone()),
            LoadCommandVariant::LinkeditData(data)
                if data.cmd.get(Little) == macho::LC_CODE_SIGNATURE =>
            {
                let (offset, size) = (data.dataoff.get(Little), data.datasize.get(Little));
                let place = inside(part, offset.into(), size.into())?;
                found.room_ends = found.room_ends.min(place.start);
                found.signature = Some(place);
            }
            LoadCommandVariant::Uuid(uuid) => found.uuid = Some(uuid.uuid),
            _ => {}
        }
        found.list.end = at.end;
    }
    Ok(found)
}

/// A range of the part, if it is inside.
fn inside(part: &[u8], offset: u64, size: u64) -> Result<Range<usize>> {
    let end = offset.checked_add(size);
    match end.filter(|end| *end <= part.len() as u64) {
        Some(end) => Ok(offset as usize..end as usize),
        None => Err(MachOError::Malformed("its signature lies outside")),
    }
}
