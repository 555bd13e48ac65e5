//! The fields of an instruction.

use crate::xray::condition::Condition;
use crate::xray::image::Image;
use crate::xray::state::State;
use crate::xray::value::Value;

/// The stack pointer, and in other operands the zero register.
pub(super) const SP: usize = 31;

/// An instruction with the state that it works on.
pub(super) struct Instruction<'s, 'i, 'a> {
    pub(super) image: &'i Image<'a>,
    pub(super) state: &'s mut State,
    pub(super) address: u64,
    pub(super) word: u32,
}

impl Instruction<'_, '_, '_> {
    /// Some bits of the word.
    pub(super) fn bits(&self, low: u32, count: u32) -> u32 {
        self.word >> low & ((1 << count) - 1)
    }

    pub(super) fn bit(&self, place: u32) -> bool {
        self.bits(place, 1) == 1
    }

    /// The number of the register at a place in the word.
    pub(super) fn register(&self, low: u32) -> usize {
        self.bits(low, 5) as usize
    }

    /// A signed field, scaled.
    pub(super) fn signed(&self, low: u32, count: u32, scale: u32) -> i64 {
        field(self.word, low, count) << scale
    }

    /// Four or eight bytes, by the highest bit.
    pub(super) fn width(&self) -> u8 {
        if self.bit(31) { 8 } else { 4 }
    }

    /// Reads a register; number 31 is zero.
    pub(super) fn read(&self, register: usize, bytes: u8) -> Value {
        if register == SP {
            return Value::ZERO;
        }
        self.state.get(register).low(bytes)
    }

    /// Writes a register; what is written to number 31 is lost.
    pub(super) fn write(&mut self, register: usize, bytes: u8, value: Value) {
        if register != SP {
            self.state.set(register, value.low(bytes));
        }
    }

    /// The address that a branch with a field of a width goes to.
    pub(super) fn target(&self, low: u32, count: u32) -> u64 {
        self.address.wrapping_add_signed(self.signed(low, count, 2))
    }
}

/// A signed field of a word.
pub(super) fn field(word: u32, low: u32, count: u32) -> i64 {
    let shift = 64 - count;
    i64::from(word >> low) << shift >> shift
}

/// The instruction at an address.
pub(super) fn word(image: &Image<'_>, address: u64) -> Option<u32> {
    if address & 3 != 0 || !image.executable(address) {
        return None;
    }
    let bytes = image.bytes(address).first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

/// The condition of `b.cond`, `csel` and `ccmp`.
pub(super) fn condition(field: u32) -> Condition {
    match field {
        0 => Condition::Equal,
        1 => Condition::NotEqual,
        2 => Condition::AboveOrEqual,
        3 => Condition::Below,
        4 => Condition::Negative,
        5 => Condition::NotNegative,
        8 => Condition::Above,
        9 => Condition::BelowOrEqual,
        10 => Condition::GreaterOrEqual,
        11 => Condition::Less,
        12 => Condition::Greater,
        13 => Condition::LessOrEqual,
        _ => Condition::Other,
    }
}
