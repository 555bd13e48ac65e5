//! The install name of a library: what programs that link to it look for.

use super::commands::{self, Commands};
use super::{MachOError, Result};

/// The bytes of the command before the name: its number, its size, the offset of the name, a time
/// and two versions.
const FIXED: usize = 24;
/// Where the size of the command is in it.
const SIZE: usize = 4;
/// Where the size of all commands is in the header.
const SIZE_OF_ALL: usize = 20;

/// Sets the install name of one part, and moves the commands after it.
pub(super) fn set(part: &mut [u8], name: &str) -> Result<()> {
    let Commands {
        list,
        room_ends,
        install_name,
        ..
    } = commands::read(part)?;
    let old = install_name.ok_or(MachOError::Malformed("it has no install name"))?;
    let head = part[old.start..][..FIXED.min(old.len())].to_vec();
    if head.len() < FIXED {
        return Err(MachOError::Malformed("its install name"));
    }
    // With the zero after it, and a multiple of 8 bytes in all.
    let size = (FIXED + name.len() + 1).next_multiple_of(8);
    let others = list.len() - old.len();
    if list.start + others + size > room_ends {
        let room = room_ends.saturating_sub(list.start + others) / 8 * 8;
        return Err(MachOError::NoRoomForName {
            needed: name.len(),
            room: room.saturating_sub(FIXED + 1),
        });
    }
    let after = part[old.end..list.end].to_vec();
    let end = old.start + size + after.len();
    part[old.start..end.max(list.end)].fill(0);
    let new = &mut part[old.start..];
    new[..FIXED].copy_from_slice(&head);
    new[SIZE..SIZE + 4].copy_from_slice(&u32_bytes(size));
    new[SIZE + 4..SIZE + 8].copy_from_slice(&u32_bytes(FIXED));
    new[FIXED..FIXED + name.len()].copy_from_slice(name.as_bytes());
    new[size..size + after.len()].copy_from_slice(&after);
    part[SIZE_OF_ALL..SIZE_OF_ALL + 4].copy_from_slice(&u32_bytes(others + size));
    Ok(())
}

/// As it is in the file. Nothing here is larger than the commands, whose size has 32 bits.
fn u32_bytes(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}
