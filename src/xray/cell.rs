//! Eight bytes of memory, as far as they are known.

use super::value::Value;

/// The eight bytes at an aligned address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Whole(Value),
    /// Single bytes: those in `written` were stored, those in `known` have a known value.
    Bytes {
        written: u8,
        known: u8,
        bytes: u64,
    },
}

/// A cell before anything was written.
pub(super) const UNWRITTEN: Cell = Cell::Bytes {
    written: 0,
    known: 0,
    bytes: 0,
};

/// One byte of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Byte {
    Unwritten,
    Known(u8),
    Unknown,
}

impl Cell {
    /// Whether it holds a number that is not an address.
    pub(super) fn is_small(self) -> bool {
        match self {
            Cell::Whole(Value::Const(number)) => number < 4096,
            Cell::Whole(Value::Low(_)) => true,
            Cell::Whole(_) => false,
            Cell::Bytes { .. } => true,
        }
    }

    pub(super) fn byte(self, lane: u8) -> Byte {
        let (written, known, bytes) = self.parts();
        match (written >> lane & 1, known >> lane & 1) {
            (0, _) => Byte::Unwritten,
            (_, 0) => Byte::Unknown,
            _ => Byte::Known((bytes >> (8 * lane)) as u8),
        }
    }

    /// Which bytes were written, which are known, and their values.
    fn parts(self) -> (u8, u8, u64) {
        match self {
            Cell::Whole(value) => match value.known_bytes() {
                (number, 8..) => (0xff, 0xff, number),
                (number, known) => (0xff, (1 << known) - 1, number),
            },
            Cell::Bytes {
                written,
                known,
                bytes,
            } => (written, known, bytes),
        }
    }

    pub(super) fn set(&mut self, lane: u8, byte: Option<u8>) {
        let (written, known, bytes) = self.parts();
        let bit = 1 << lane;
        let hole = !(0xff << (8 * lane));
        *self = Cell::Bytes {
            written: written | bit,
            known: if byte.is_some() {
                known | bit
            } else {
                known & !bit
            },
            bytes: bytes & hole | u64::from(byte.unwrap_or(0)) << (8 * lane),
        };
    }
}
