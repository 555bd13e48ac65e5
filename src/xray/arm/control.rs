//! Branches, stubs and references.

use super::code::{Instruction, condition, word};
use super::references::stub;
use super::{integer, memory, vector};
use crate::xray::condition::{Condition, evaluate, zero_side};
use crate::xray::flow::{Flow, Step};
use crate::xray::image::Image;
use crate::xray::state::{Flags, State};
use crate::xray::value::Value;

/// Executes the instruction at an address.
pub(in crate::xray) fn step(image: &Image<'_>, state: &mut State, address: u64) -> Option<Step> {
    let word = word(image, address)?;
    let mut code = Instruction {
        image,
        state,
        address,
        word,
    };
    let flow = match branch(&mut code) {
        Some(flow) => flow,
        None => {
            execute(&mut code);
            Flow::Next
        }
    };
    Some(Step {
        flow,
        next: address.wrapping_add(4),
    })
}

/// Where control goes, if the instruction is a branch.
fn branch(code: &mut Instruction<'_, '_, '_>) -> Option<Flow> {
    let word = code.word;
    if word >> 26 == 0b10_0101 {
        return Some(Flow::Call(Value::Const(code.target(0, 26))));
    }
    if word >> 26 == 0b00_0101 {
        let target = code.target(0, 26);
        return Some(match stub(code.image, target) {
            Some(symbol) => Flow::Tail(Value::Import(symbol)),
            None => Flow::Jump(target),
        });
    }
    if word & 0xff00_0000 == 0x5400_0000 {
        let condition = condition(code.bits(0, 4));
        let flags = code.state.flags;
        return Some(fork(code, flags, condition, code.target(5, 19)));
    }
    if word & 0x7e00_0000 == 0x3400_0000 {
        let bytes = code.width();
        let value = code.read(code.register(0), bytes);
        let condition = if code.bit(24) {
            Condition::NotEqual
        } else {
            Condition::Equal
        };
        let flags = Flags::Compared(value, Value::ZERO, bytes);
        return Some(fork(code, flags, condition, code.target(5, 19)));
    }
    if word & 0x7e00_0000 == 0x3600_0000 {
        return Some(test_bit(code));
    }
    if word & 0xfe00_0000 == 0xd600_0000 {
        let target = code.read(code.register(5), 8);
        return Some(match (code.bits(21, 3), target) {
            (1, target) => Flow::Call(target),
            (2, _) => Flow::Return,
            (0, Value::Const(address)) if code.image.executable(address) => Flow::Jump(address),
            (0, target) => Flow::Tail(target),
            _ => Flow::Stop,
        });
    }
    // `brk`, `hlt` and the undefined `udf`; a system call goes on.
    (word & 0xff00_0000 == 0xd400_0000 && word & 3 != 1 || word >> 16 == 0).then_some(Flow::Stop)
}

fn fork(code: &Instruction<'_, '_, '_>, flags: Flags, condition: Condition, target: u64) -> Flow {
    match evaluate(code.image, flags, condition) {
        Some(true) => Flow::Jump(target),
        Some(false) => Flow::Next,
        None => Flow::Fork(target, zero_side(flags, condition)),
    }
}

fn test_bit(code: &Instruction<'_, '_, '_>) -> Flow {
    let place = code.bits(31, 1) << 5 | code.bits(19, 5);
    let target = code.target(5, 14);
    match code.read(code.register(0), 8) {
        Value::Const(number) if (number >> place & 1 == 1) == code.bit(24) => Flow::Jump(target),
        Value::Const(_) => Flow::Next,
        _ => Flow::Fork(target, None),
    }
}

fn execute(code: &mut Instruction<'_, '_, '_>) {
    // The four bits that tell the classes of instructions apart.
    match code.bits(25, 4) {
        0b1000 | 0b1001 | 0b0101 | 0b1101 => integer::execute(code),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory::execute(code),
        0b0111 | 0b1111 => vector::execute(code),
        // `mrs` and system calls.
        0b1010 | 0b1011 if code.word & 0xffe0_0000 == 0xd520_0000 => {
            code.write(code.register(0), 8, Value::Unknown);
        }
        0b1010 | 0b1011 if code.word & 0xff00_0000 == 0xd400_0000 => {
            code.write(0, 8, Value::Unknown);
        }
        _ => {}
    }
}
