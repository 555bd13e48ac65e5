//! Abstract values: what is known about a register or a word of memory.

use super::imports::Symbol;

/// One 64-bit value of the abstract execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Anything.
    Unknown,
    /// A number, or an address inside the image.
    Const(u64),
    /// Only the low four bytes are known: a number in a structure, before padding.
    Low(u32),
    /// An address relative to the stack pointer at entry.
    Stack(i64),
    /// An address inside a block that an allocator returned.
    Heap { block: u32, offset: i64 },
    /// The address of an imported symbol.
    Import(Symbol),
    /// The result of an imported function, by the call.
    Returned { symbol: Symbol, call: u32 },
    /// An address that was computed from a known one by a distance that is not known: an element
    /// of an array.
    Around(u64),
    /// Something of the current thread, on Windows: read by static guards.
    ThreadLocal,
    /// A module object, by the call that created it; after a join, also null.
    Module(u32),
}

impl Value {
    pub(super) const ZERO: Value = Value::Const(0);

    /// The number, if it is one.
    pub(super) fn number(self) -> Option<u64> {
        match self {
            Value::Const(number) => Some(number),
            _ => None,
        }
    }

    /// The bytes that are known from the lowest on, and how many they are.
    pub(super) fn known_bytes(self) -> (u64, u8) {
        match self {
            Value::Const(number) => (number, 8),
            Value::Low(number) => (number.into(), 4),
            _ => (0, 0),
        }
    }

    /// The value moved by a distance in bytes.
    pub(super) fn plus(self, distance: i64) -> Value {
        match self {
            Value::Const(number) => Value::Const(number.wrapping_add_signed(distance)),
            Value::Stack(offset) => Value::Stack(offset.wrapping_add(distance)),
            Value::Heap { block, offset } => Value::Heap {
                block,
                offset: offset.wrapping_add(distance),
            },
            Value::ThreadLocal => Value::ThreadLocal,
            Value::Around(base) => Value::Around(base),
            other if distance == 0 => other,
            _ => Value::Unknown,
        }
    }

    /// The sum of two values; a pointer plus a number is a pointer.
    pub(super) fn sum(self, other: Value) -> Value {
        match (self, other) {
            (Value::Low(_), Value::ZERO) => self,
            (Value::Low(_), other) => Value::Unknown.sum(other),
            (other, Value::Low(_)) => other.sum(Value::Unknown),
            (Value::Const(base), Value::Unknown) | (Value::Unknown, Value::Const(base))
                if base >= FIRST_ADDRESS =>
            {
                Value::Around(base)
            }
            (Value::Around(base), _) | (_, Value::Around(base)) => Value::Around(base),
            (value, Value::Const(number)) | (Value::Const(number), value) => {
                value.plus(number.cast_signed())
            }
            _ => Value::Unknown,
        }
    }

    /// The difference of two values.
    pub(super) fn difference(self, other: Value) -> Value {
        match (self, other) {
            (value, Value::Const(number)) => value.plus(number.cast_signed().wrapping_neg()),
            (Value::Stack(a), Value::Stack(b)) => Value::Const(a.wrapping_sub(b).cast_unsigned()),
            _ => Value::Unknown,
        }
    }

    /// The low bytes of the value; a pointer cut short is not known.
    pub(super) fn low(self, bytes: u8) -> Value {
        match self {
            value if bytes >= 8 => value,
            Value::Const(number) => Value::Const(number & mask(bytes)),
            Value::Low(number) if bytes <= 4 => Value::Const(u64::from(number) & mask(bytes)),
            Value::ThreadLocal => Value::ThreadLocal,
            _ => Value::Unknown,
        }
    }

    /// What is known when control can come with either value.
    pub(super) fn join(self, other: Value) -> Value {
        match (self, other) {
            (a, b) if a == b => a,
            // A failed creation returns null on a path that ends in an error.
            (Value::Module(site), Value::ZERO) | (Value::ZERO, Value::Module(site)) => {
                Value::Module(site)
            }
            (Value::Const(a), Value::Const(b)) if near(a, b) => Value::Around(a.min(b)),
            (Value::Around(base), Value::Const(other) | Value::Around(other))
            | (Value::Const(other), Value::Around(base))
                if near(base, other) =>
            {
                Value::Around(base)
            }
            _ => Value::Unknown,
        }
    }

    /// A number shifted to the left.
    pub(super) fn shifted_left(self, count: u32) -> Value {
        match self {
            Value::Const(number) => Value::Const(number.checked_shl(count).unwrap_or(0)),
            value if count == 0 => value,
            _ => Value::Unknown,
        }
    }

    /// Sign-extends the low bytes of a number.
    pub(super) fn extended(self, bytes: u8) -> Value {
        match self {
            Value::Const(number) => Value::Const(sign_extend(number, bytes).cast_unsigned()),
            value if bytes >= 8 => value,
            _ => Value::Unknown,
        }
    }
}

/// Lower numbers are not addresses.
const FIRST_ADDRESS: u64 = 4096;

/// Whether two numbers may be addresses of parts of one object.
fn near(a: u64, b: u64) -> bool {
    a.min(b) >= FIRST_ADDRESS && a.abs_diff(b) <= 4096
}

/// The mask of the low bytes of a word.
pub(super) fn mask(bytes: u8) -> u64 {
    match bytes {
        0 => 0,
        1..=7 => (1 << (8 * bytes)) - 1,
        _ => u64::MAX,
    }
}

/// The low bytes of a word as a signed number.
pub(super) fn sign_extend(number: u64, bytes: u8) -> i64 {
    let shift = 64 - 8 * u32::from(bytes.clamp(1, 8));
    (number << shift).cast_signed() >> shift
}
