//! A small library of macOS, made by hand: what a linker would leave.

/// Where the code begins. Load commands may grow up to there.
pub const CODE: usize = 0x400;
/// Where the signature begins.
pub const SIGNATURE: usize = 0x2100;
/// The install name that it has.
pub const OLD_NAME: &str = "/install/lib/libpython3.14t.dylib";

/// A library with `room` bytes, all zero, in the place of its signature; without one where it is 0.
pub fn library(room: u32) -> Vec<u8> {
    let mut name = OLD_NAME.as_bytes().to_vec();
    name.resize((24 + name.len() + 1).next_multiple_of(8) - 24, 0);
    let mut commands = vec![
        segment("__TEXT", (0, SIGNATURE as u64 - 0x100), &[CODE as u32]),
        segment("__LINKEDIT", (0x2000, 0x100 + u64::from(room)), &[]),
        [
            numbers(&[0xd, 24 + name.len() as u32, 24, 1, 0x10000, 0x10000]),
            name,
        ]
        .concat(),
        [numbers(&[0x1b, 24]), (1..=16).collect()].concat(),
    ];
    if room > 0 {
        commands.push(numbers(&[0x1d, 16, SIGNATURE as u32, room]));
    }
    let size = commands.iter().map(Vec::len).sum::<usize>() as u32;
    let mut made = numbers(&[
        0xfeed_facf,
        0x0100_000c,
        0,
        6,
        commands.len() as u32,
        size,
        0x85,
        0,
    ]);
    made.extend(commands.concat());
    made.resize(CODE, 0);
    made.extend((CODE..SIGNATURE).map(|at| at as u8));
    made.resize(SIGNATURE + room as usize, 0);
    made
}

/// A universal file of these parts.
pub fn universal(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut made = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, parts.len() as u8];
    let mut offset = 0x4000_u32;
    for part in parts {
        for number in [0x0100_000c, 0, offset, part.len() as u32, 14] {
            made.extend(u32::to_be_bytes(number));
        }
        offset = (offset + part.len() as u32).next_multiple_of(0x4000);
    }
    for part in parts {
        made.resize(made.len().next_multiple_of(0x4000), 0);
        made.extend(part);
    }
    made
}

fn segment(name: &str, (offset, size): (u64, u64), sections: &[u32]) -> Vec<u8> {
    let mut made = numbers(&[0x19, 72 + 80 * sections.len() as u32]);
    made.extend(name.bytes());
    made.resize(24, 0);
    for number in [offset, size, offset, size] {
        made.extend(number.to_le_bytes());
    }
    made.extend(numbers(&[5, 5, sections.len() as u32, 0]));
    for offset in sections {
        let mut section = b"__text".to_vec();
        section.resize(16, 0);
        section.extend(name.bytes());
        section.resize(48, 0);
        section.extend(numbers(&[*offset, 4, 0, 0, 0, 0, 0, 0]));
        made.extend(section);
    }
    made
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}
