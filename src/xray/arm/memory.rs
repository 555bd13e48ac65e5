//! Loads and stores.

use super::code::Instruction;
use super::integer::extended;
use crate::xray::condition::{Condition, evaluate};
use crate::xray::state::Flags;
use crate::xray::value::Value;

/// How one register is loaded or stored.
#[derive(Debug, Clone, Copy)]
struct Access {
    vector: bool,
    loads: bool,
    bytes: u8,
    /// The width that a loaded number is sign-extended to.
    signed: Option<u8>,
}

/// Executes a load or store.
pub(super) fn execute(code: &mut Instruction<'_, '_, '_>) {
    let word = code.word;
    if word & 0x3a00_0000 == 0x2800_0000 {
        return pair(code);
    }
    if word & 0x3b00_0000 == 0x1800_0000 {
        return literal(code);
    }
    if word & 0x3f00_0000 == 0x0800_0000 {
        return ordered(code);
    }
    if word & 0xbe00_0000 == 0x0c00_0000 {
        return structures(code);
    }
    let Some(access) = single(code) else {
        return code.write(code.register(0), 8, Value::Unknown);
    };
    let base = code.state.get(code.register(5));
    if word & 0x3b00_0000 == 0x3900_0000 {
        let scale = access.bytes.trailing_zeros();
        let place = base.plus(i64::from(code.bits(10, 12)) << scale);
        return transfer(code, access, code.register(0), place);
    }
    if word & 0x3f20_0c00 == 0x1900_0000 {
        return transfer(
            code,
            access,
            code.register(0),
            base.plus(code.signed(12, 9, 0)),
        );
    }
    match word & 0x3b20_0c00 {
        0x3820_0800 => {
            let scale = if code.bit(12) {
                access.bytes.trailing_zeros()
            } else {
                0
            };
            let index = extended(code, code.register(16)).shifted_left(scale);
            transfer(code, access, code.register(0), base.sum(index));
        }
        0x3820_0000 => atomic(code, access),
        form if form & 0x3b20_0000 == 0x3800_0000 => {
            let distance = code.signed(12, 9, 0);
            indexed(code, form >> 10 & 3, distance, |code, place| {
                transfer(code, access, code.register(0), place);
            });
        }
        _ => code.write(code.register(0), 8, Value::Unknown),
    }
}

/// Computes the place of an access; a form with write-back changes the base register, too.
fn indexed(
    code: &mut Instruction<'_, '_, '_>,
    form: u32,
    distance: i64,
    access: impl FnOnce(&mut Instruction<'_, '_, '_>, Value),
) {
    let register = code.register(5);
    let base = code.state.get(register);
    let moved = base.plus(distance);
    access(code, if form == 1 { base } else { moved });
    if form & 1 == 1 {
        code.state.set(register, moved);
    }
}

/// The size and kind of an access of one register; `None` for a prefetch.
fn single(code: &Instruction<'_, '_, '_>) -> Option<Access> {
    let (size, kind) = (code.bits(30, 2), code.bits(22, 2));
    if code.bit(26) {
        let bytes = if kind & 2 == 2 { 16 } else { 1 << size };
        return Some(Access {
            vector: true,
            loads: kind & 1 == 1,
            bytes,
            signed: None,
        });
    }
    let signed = match kind {
        2 if size == 3 => return None,
        2 => Some(8),
        3 => Some(4),
        _ => None,
    };
    Some(Access {
        vector: false,
        loads: kind != 0,
        bytes: 1 << size,
        signed,
    })
}

fn transfer(code: &mut Instruction<'_, '_, '_>, access: Access, register: usize, place: Value) {
    let bytes = access.bytes;
    let read = |code: &Instruction<'_, '_, '_>, distance: i64, bytes: u8| {
        code.state
            .memory
            .read(code.image, place.plus(distance), bytes)
    };
    match (access.vector, access.loads) {
        (false, true) => {
            let value = read(code, 0, bytes);
            match access.signed {
                Some(wide) => code.write(register, wide, value.extended(bytes)),
                None => code.write(register, 8, value),
            }
        }
        (false, false) => {
            let value = code.read(register, bytes);
            code.state.memory.write(place, bytes, value);
        }
        (true, true) => {
            let low = read(code, 0, bytes.min(8));
            let high = if bytes == 16 {
                read(code, 8, 8)
            } else {
                Value::ZERO
            };
            code.state.set_lane(register * 2, low);
            code.state.set_lane(register * 2 + 1, high);
        }
        (true, false) => {
            let (low, high) = (
                code.state.lane(register * 2),
                code.state.lane(register * 2 + 1),
            );
            code.state
                .memory
                .write(place, bytes.min(8), low.low(bytes.min(8)));
            if bytes == 16 {
                code.state.memory.write(place.plus(8), 8, high);
            }
        }
    }
}

fn pair(code: &mut Instruction<'_, '_, '_>) {
    let (vector, size) = (code.bit(26), code.bits(30, 2));
    let bytes = match (vector, size) {
        (true, size) => 4 << size.min(2),
        (false, 2) => 8,
        (false, _) => 4,
    };
    let signed = (!vector && size == 1).then_some(8);
    let access = Access {
        vector,
        loads: code.bit(22),
        bytes,
        signed,
    };
    let distance = code.signed(15, 7, bytes.trailing_zeros());
    let form = match code.bits(23, 2) {
        0 | 2 => 0,
        form => form,
    };
    let (first, second) = (code.register(0), code.register(10));
    indexed(code, form, distance, |code, place| {
        transfer(code, access, first, place);
        transfer(code, access, second, place.plus(bytes.into()));
    });
}

fn literal(code: &mut Instruction<'_, '_, '_>) {
    let place = Value::Const(code.address.wrapping_add_signed(code.signed(5, 19, 2)));
    let (vector, size) = (code.bit(26), code.bits(30, 2));
    let bytes = match (vector, size) {
        (true, size) => 4 << size.min(2),
        (false, 1) => 8,
        (false, _) => 4,
    };
    if !vector && size == 3 {
        return;
    }
    let signed = (!vector && size == 2).then_some(8);
    transfer(
        code,
        Access {
            vector,
            loads: true,
            bytes,
            signed,
        },
        code.register(0),
        place,
    );
}

/// Exclusive and ordered accesses, and compare-and-swap. One thread only executes here.
fn ordered(code: &mut Instruction<'_, '_, '_>) {
    let bytes = 1 << code.bits(30, 2);
    let place = code.state.get(code.register(5));
    let access = Access {
        vector: false,
        loads: code.bit(22),
        bytes,
        signed: None,
    };
    match (code.bit(23), code.bit(21)) {
        (true, true) => compare_and_swap(code, bytes, place),
        (true, false) => transfer(code, access, code.register(0), place),
        (false, false) => {
            transfer(code, access, code.register(0), place);
            if !access.loads {
                code.write(code.register(16), 4, Value::ZERO);
            }
        }
        (false, true) => {
            for register in [code.register(0), code.register(10), code.register(16)] {
                code.write(register, 8, Value::Unknown);
            }
            for distance in [0, 8] {
                code.state
                    .memory
                    .write(place.plus(distance), 8, Value::Unknown);
            }
        }
    }
}

fn compare_and_swap(code: &mut Instruction<'_, '_, '_>, bytes: u8, place: Value) {
    let old = code.state.memory.read(code.image, place, bytes);
    let expected = code.read(code.register(16), bytes);
    let new = code.read(code.register(0), bytes);
    let flags = Flags::Compared(expected, old, bytes);
    let stored = match evaluate(code.image, flags, Condition::Equal) {
        Some(true) => new,
        Some(false) => old,
        None => Value::Unknown,
    };
    code.state.memory.write(place, bytes, stored);
    code.write(code.register(16), 8, old);
}

/// `ldadd`, `swp` and others; `ldapr` is a load.
fn atomic(code: &mut Instruction<'_, '_, '_>, access: Access) {
    let place = code.state.get(code.register(5));
    let bytes = 1 << code.bits(30, 2);
    let old = code.state.memory.read(code.image, place, bytes);
    let operand = code.read(code.register(16), bytes);
    let stored = match (access.vector, code.bits(12, 4)) {
        (false, 0b1100) => old,
        (false, 0b1000) => operand,
        (false, 0) => old.sum(operand).low(bytes),
        _ => Value::Unknown,
    };
    code.state.memory.write(place, bytes, stored);
    code.write(code.register(0), 8, old);
}

/// `ld1`, `st1` and others: up to 64 bytes.
fn structures(code: &mut Instruction<'_, '_, '_>) {
    let place = code.state.get(code.register(5));
    for index in 0..4 {
        if code.bit(22) {
            let register = (code.register(0) + index) % 32;
            code.state.set_lane(register * 2, Value::Unknown);
            code.state.set_lane(register * 2 + 1, Value::Unknown);
        } else {
            let distance = 16 * index as i64;
            code.state
                .memory
                .write(place.plus(distance), 8, Value::Unknown);
            code.state
                .memory
                .write(place.plus(distance + 8), 8, Value::Unknown);
        }
    }
    if code.bit(23) {
        let register = code.register(5);
        code.state.set(register, Value::Unknown);
    }
}
