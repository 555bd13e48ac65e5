//! Arithmetic of integers and pointers.

use super::code::{Instruction, SP, condition};
use crate::xray::condition::evaluate;
use crate::xray::image::Format;
use crate::xray::state::Flags;
use crate::xray::value::{Value, mask, sign_extend};

/// The page that an `adrp` at an address computes.
pub(super) fn page(word: u32, address: u64) -> u64 {
    let distance = i64::from(word >> 5 & 0x7_ffff) << 2 | i64::from(word >> 29 & 3);
    let distance = distance << 43 >> 43 << 12;
    (address & !0xfff).wrapping_add_signed(distance)
}

/// Executes an instruction of the integer classes.
pub(super) fn execute(code: &mut Instruction<'_, '_, '_>) {
    let word = code.word;
    if word & 0x1f00_0000 == 0x1000_0000 {
        return address(code);
    }
    match word & 0x1f80_0000 {
        0x1100_0000 => return add_immediate(code),
        0x1200_0000 => return logical_immediate(code),
        0x1280_0000 => return move_wide(code),
        0x1300_0000 => return bit_field(code),
        _ => {}
    }
    match word & 0x1f20_0000 {
        0x0a00_0000 | 0x0a20_0000 => return logical(code),
        0x0b00_0000 => return add_shifted(code),
        0x0b20_0000 => return add_extended(code),
        _ => {}
    }
    match word & 0x1fe0_0000 {
        0x1a80_0000 => select(code),
        0x1a40_0000 => compare_again(code),
        _ if word & 0x1f00_0000 == 0x1b00_0000 => multiply(code),
        _ => {
            code.write(code.register(0), 8, Value::Unknown);
            code.state.flags = if code.bit(29) {
                Flags::Unknown
            } else {
                code.state.flags
            };
        }
    }
}

fn address(code: &mut Instruction<'_, '_, '_>) {
    let value = if code.bit(31) {
        page(code.word, code.address)
    } else {
        let distance = code.signed(5, 19, 2) | i64::from(code.bits(29, 2));
        code.address.wrapping_add_signed(distance)
    };
    code.write(code.register(0), 8, Value::Const(value));
}

/// Adds or subtracts, sets the flags if asked to, and writes the result.
fn add(code: &mut Instruction<'_, '_, '_>, first: Value, second: Value, to_stack_pointer: bool) {
    let bytes = code.width();
    let (subtracts, sets) = (code.bit(30), code.bit(29));
    let signed = second.extended(bytes);
    let value = if subtracts {
        first.difference(signed)
    } else {
        first.sum(signed)
    };
    let value = value.low(bytes);
    if sets {
        let negated = match second {
            Value::Const(number) => Value::Const(number.wrapping_neg()).low(bytes),
            _ => Value::Unknown,
        };
        code.state.flags = match (subtracts, code.register(0), value) {
            (true, ..) => Flags::Compared(first, second, bytes),
            (false, SP, _) => Flags::Compared(first, guard(code, first, negated, bytes), bytes),
            (false, _, Value::Const(number)) => Flags::Result(number, bytes),
            _ => Flags::Unknown,
        };
    }
    match code.register(0) {
        SP if to_stack_pointer && !sets => code.state.set(SP, value),
        register => code.write(register, bytes, value),
    }
}

/// MSVC's static guard: `cmn guard, #1` asks whether it is -1, as it is for the first thread.
fn guard(code: &Instruction<'_, '_, '_>, first: Value, second: Value, bytes: u8) -> Value {
    let asked = code.image.format == Format::Pe
        && bytes == 4
        && first == Value::ZERO
        && second == Value::Const(mask(4));
    if asked { first } else { second }
}

fn add_immediate(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let immediate = u64::from(code.bits(10, 12)) << if code.bit(22) { 12 } else { 0 };
    let first = code.state.get(code.register(5)).low(bytes);
    add(code, first, Value::Const(immediate), true);
}

/// A register operand, shifted.
fn shifted(code: &Instruction<'_, '_, '_>, bytes: u8) -> Value {
    let value = code.read(code.register(16), bytes);
    let count = code.bits(10, 6);
    let Value::Const(number) = value else {
        return if count == 0 { value } else { Value::Unknown };
    };
    let width = u32::from(bytes) * 8;
    let count = count % width;
    Value::Const(match code.bits(22, 2) {
        0 => number << count,
        1 => number >> count,
        2 => (sign_extend(number, bytes) >> count).cast_unsigned(),
        _ if count == 0 => number,
        _ => number >> count | number << (width - count),
    })
    .low(bytes)
}

fn add_shifted(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let (first, second) = (code.read(code.register(5), bytes), shifted(code, bytes));
    add(code, first, second, false);
}

fn add_extended(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let first = code.state.get(code.register(5)).low(bytes);
    let second = extended(code, code.register(16)).shifted_left(code.bits(10, 3));
    add(code, first, second.low(bytes), true);
}

/// An index register, extended as the option in the word says.
pub(super) fn extended(code: &Instruction<'_, '_, '_>, register: usize) -> Value {
    let value = code.read(register, 8);
    let bytes = 1 << code.bits(13, 2);
    match code.bit(15) {
        true => value.low(bytes).extended(bytes),
        false => value.low(bytes),
    }
}

fn logical(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let first = code.read(code.register(5), bytes);
    let mut second = shifted(code, bytes);
    if code.bit(21) {
        second = match second {
            Value::Const(number) => Value::Const(!number).low(bytes),
            _ => Value::Unknown,
        };
    }
    let value = bitwise(code, first, second, bytes);
    code.write(code.register(0), bytes, value);
}

fn logical_immediate(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let first = code.read(code.register(5), bytes);
    let pattern = pattern(code.bit(22), code.bits(16, 6), code.bits(10, 6));
    let second = pattern.map_or(Value::Unknown, |number| Value::Const(number).low(bytes));
    let value = bitwise(code, first, second, bytes);
    match code.register(0) {
        SP if code.bits(29, 2) != 3 => code.state.set(SP, value),
        register => code.write(register, bytes, value),
    }
}

fn bitwise(code: &mut Instruction<'_, '_, '_>, first: Value, second: Value, bytes: u8) -> Value {
    let operation = code.bits(29, 2);
    if operation == 3 {
        code.state.flags = Flags::Tested(first, second, bytes);
    }
    match (operation, first, second) {
        (0 | 3, _, Value::ZERO) | (0 | 3, Value::ZERO, _) => Value::ZERO,
        (0, Value::Stack(offset), Value::Const(kept)) => Value::Stack(offset & kept.cast_signed()),
        (1 | 2, value, Value::ZERO) | (1 | 2, Value::ZERO, value) => value,
        (0 | 3, Value::Const(first), Value::Const(second)) => Value::Const(first & second),
        (1, Value::Const(first), Value::Const(second)) => Value::Const(first | second),
        (2, Value::Const(first), Value::Const(second)) => Value::Const(first ^ second),
        _ => Value::Unknown,
    }
}

/// The immediate of a logical instruction: a run of ones, rotated and repeated.
fn pattern(wide: bool, rotation: u32, size: u32) -> Option<u64> {
    let length = u32::from(wide) << 6 | !size & 0x3f;
    let width = 1_u32 << length.checked_ilog2()?;
    let levels = width - 1;
    let (ones, rotation) = ((size & levels) + 1, rotation & levels);
    if ones == width {
        return None;
    }
    let element = (1_u64 << ones) - 1;
    let whole = if width == 64 {
        u64::MAX
    } else {
        (1 << width) - 1
    };
    let rotated = match rotation {
        0 => element,
        _ => (element >> rotation | element << (width - rotation)) & whole,
    };
    let repeats = (0..64 / width).map(|index| rotated << (index * width));
    Some(repeats.fold(0, |all, part| all | part))
}

fn move_wide(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let shift = code.bits(21, 2) * 16;
    let immediate = u64::from(code.bits(5, 16)) << shift;
    let value = match code.bits(29, 2) {
        0 => Value::Const(!immediate),
        2 => Value::Const(immediate),
        _ => match code.read(code.register(0), bytes) {
            Value::Const(number) => Value::Const(number & !(0xffff << shift) | immediate),
            _ => Value::Unknown,
        },
    };
    code.write(code.register(0), bytes, value);
}

/// `ubfm` and `sbfm`: shifts by constants and extensions. `bfm` inserts, and is not modelled.
fn bit_field(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let width = u32::from(bytes) * 8;
    let (rotation, last) = (code.bits(16, 6), code.bits(10, 6));
    let value = match (code.bits(29, 2), code.read(code.register(5), bytes)) {
        (kind @ (0 | 2), Value::Const(number)) if rotation < width && last < width => {
            let (taken, place) = match last >= rotation {
                true => (last - rotation + 1, 0),
                false => (last + 1, width - rotation),
            };
            let field = if last >= rotation {
                number >> rotation
            } else {
                number
            };
            let empty = 64 - taken;
            let field = match kind {
                0 => (field << empty)
                    .cast_signed()
                    .wrapping_shr(empty)
                    .cast_unsigned(),
                _ => field << empty >> empty,
            };
            Value::Const(field << place)
        }
        _ => Value::Unknown,
    };
    code.write(code.register(0), bytes, value);
}

/// `csel`, `csinc`, `csinv` and `csneg`.
fn select(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let first = code.read(code.register(5), bytes);
    let second = code.read(code.register(16), bytes);
    let second = match (code.bit(30), code.bit(10), second) {
        (false, false, value) => value,
        (false, true, value) => value.plus(1),
        (true, false, Value::Const(number)) => Value::Const(!number),
        (true, true, Value::Const(number)) => Value::Const(number.wrapping_neg()),
        _ => Value::Unknown,
    };
    let truth = evaluate(code.image, code.state.flags, condition(code.bits(12, 4)));
    let value = match truth {
        Some(true) => first,
        Some(false) => second.low(bytes),
        None => first.join(second.low(bytes)),
    };
    code.write(code.register(0), bytes, value);
}

/// `ccmp`: compares if a condition holds.
fn compare_again(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let truth = evaluate(code.image, code.state.flags, condition(code.bits(12, 4)));
    let second = match code.bit(11) {
        true => Value::Const(u64::from(code.bits(16, 5))),
        false => code.read(code.register(16), bytes),
    };
    code.state.flags = match (truth, code.bit(30)) {
        (Some(true), true) => Flags::Compared(code.read(code.register(5), bytes), second, bytes),
        _ => Flags::Unknown,
    };
}

/// `madd` and `msub`; the longer products are not modelled.
fn multiply(code: &mut Instruction<'_, '_, '_>) {
    let bytes = code.width();
    let (first, second) = (
        code.read(code.register(5), bytes),
        code.read(code.register(16), bytes),
    );
    let added = code.read(code.register(10), bytes);
    let value = match (first, second) {
        (Value::Const(first), Value::Const(second)) if code.bits(21, 3) == 0 => {
            let product = Value::Const(first.wrapping_mul(second));
            if code.bit(15) {
                added.difference(product)
            } else {
                added.sum(product)
            }
        }
        _ => Value::Unknown,
    };
    code.write(code.register(0), bytes, value);
}
