//! Vector moves, as far as compilers use them to copy and clear structures.

use super::code::Instruction;
use crate::xray::state::Flags;
use crate::xray::value::Value;

/// Executes an instruction of the vector and floating-point class.
pub(super) fn execute(code: &mut Instruction<'_, '_, '_>) {
    let (to, from, other) = (code.register(0), code.register(5), code.register(16));
    let word = code.word;
    let lanes = |code: &Instruction<'_, '_, '_>, register: usize| {
        [
            code.state.lane(register * 2),
            code.state.lane(register * 2 + 1),
        ]
    };
    if let Some(zero) = immediate(word) {
        let value = if zero { Value::ZERO } else { Value::Unknown };
        return put(code, to, [value; 2]);
    }
    match word & 0xffff_fc00 {
        0x9e66_0000 => return code.write(to, 8, code.state.lane(from * 2)),
        0x9e67_0000 => return put(code, to, [code.read(from, 8), Value::ZERO]),
        0x4e08_0c00 => return put(code, to, [code.read(from, 8); 2]),
        0x1e60_4000 => return put(code, to, [code.state.lane(from * 2), Value::ZERO]),
        _ => {}
    }
    match word & 0xbfe0_fc00 {
        // `mov v0.16b, v1.16b`, or of the lower half.
        0x0ea0_1c00 if from == other => {
            let [low, high] = lanes(code, from);
            let high = if code.bit(30) { high } else { Value::ZERO };
            return put(code, to, [low, high]);
        }
        0x2e20_1c00 if from == other => return put(code, to, [Value::ZERO; 2]),
        // `zip1 v0.2d, v1.2d, v2.2d`.
        0x0ec0_3800 if code.bit(30) => {
            return put(code, to, [lanes(code, from)[0], lanes(code, other)[0]]);
        }
        // `mov v0.d[1], x1`.
        0x0e00_1c00 if code.bit(30) && other & 15 == 8 => {
            let mut words = lanes(code, to);
            words[other >> 4] = code.read(from, 8);
            return put(code, to, words);
        }
        // `mov x0, v1.d[1]`.
        0x0e00_3c00 if code.bit(30) && other & 15 == 8 => {
            return code.write(to, 8, lanes(code, from)[other >> 4]);
        }
        _ => {}
    }
    // `mov v0.d[1], v1.d[0]`.
    if word & 0xffe0_8400 == 0x6e00_0400 && other & 15 == 8 {
        let mut words = lanes(code, to);
        words[other >> 4] = lanes(code, from)[code.bits(14, 1) as usize];
        return put(code, to, words);
    }
    forget(code);
}

/// Whether the word moves an immediate, and whether that is zero.
fn immediate(word: u32) -> Option<bool> {
    if word & 0x9ff8_0400 != 0x0f00_0400 {
        return None;
    }
    let zero = word & 0x0007_03e0 == 0;
    let plain = word >> 29 & 1 == 0 && word >> 12 & 0xf != 0xf && word >> 12 & 1 == 0;
    let wide = word >> 12 & 0xf == 0xe;
    Some(zero && (plain || wide))
}

fn put(code: &mut Instruction<'_, '_, '_>, register: usize, words: [Value; 2]) {
    code.state.set_lane(register * 2, words[0]);
    code.state.set_lane(register * 2 + 1, words[1]);
}

/// Forgets what an instruction without a model may write.
fn forget(code: &mut Instruction<'_, '_, '_>) {
    let to = code.register(0);
    put(code, to, [Value::Unknown; 2]);
    // Conversions to integers, and moves of a lane to a general register.
    let scalar = code.word & 0x5f20_fc00 == 0x1e20_0000;
    let lane = code.word & 0xbfe0_d400 == 0x0e00_1400;
    if scalar || lane {
        code.write(to, 8, Value::Unknown);
    }
    // `fcmp` and `fccmp`.
    if code.word & 0x5f20_0000 == 0x1e20_0000 {
        code.state.flags = Flags::Unknown;
    }
}
