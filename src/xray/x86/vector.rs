//! Vector moves, as far as compilers use them to copy and clear structures.

use super::operands::Operands;
use crate::xray::value::Value;
use iced_x86::{Mnemonic, OpKind};

/// Executes a vector instruction; `false` if it is not one with a model.
pub(super) fn execute(operands: &mut Operands<'_, '_, '_>) -> bool {
    use Mnemonic as M;
    match operands.code.mnemonic() {
        M::Movaps
        | M::Movups
        | M::Movapd
        | M::Movupd
        | M::Movdqa
        | M::Movdqu
        | M::Lddqu
        | M::Movntdq
        | M::Movntps
        | M::Vmovaps
        | M::Vmovups
        | M::Vmovapd
        | M::Vmovupd
        | M::Vmovdqa
        | M::Vmovdqu
        | M::Vmovntdq
        | M::Vmovdqu64
        | M::Vmovdqa64 => copy(operands),
        M::Movq | M::Vmovq | M::Movd | M::Vmovd => scalar(operands),
        M::Pxor
        | M::Xorps
        | M::Xorpd
        | M::Vpxor
        | M::Vxorps
        | M::Vxorpd
        | M::Vpxord
        | M::Vpxorq => clear(operands),
        M::Punpcklqdq
        | M::Movlhps
        | M::Unpcklpd
        | M::Vpunpcklqdq
        | M::Vunpcklpd
        | M::Vmovlhps
        | M::Movhps
        | M::Movhpd
        | M::Vmovhps
        | M::Vmovhpd
        | M::Pinsrq
        | M::Vpinsrq => combine(operands),
        M::Movlps | M::Movlpd | M::Vmovlps | M::Vmovlpd => low(operands),
        M::Vinserti128 | M::Vinsertf128 => insert_half(operands),
        _ => return false,
    }
    true
}

/// The first lane of a vector register operand.
fn lanes(operands: &Operands<'_, '_, '_>, operand: u32) -> Option<usize> {
    let register = operands.code.op_register(operand);
    let vector = operands.code.op_kind(operand) == OpKind::Register
        && register.is_vector_register()
        && register.number() < 16;
    vector.then(|| register.number() * 4)
}

/// Up to four words of an operand.
fn words(operands: &Operands<'_, '_, '_>, operand: u32) -> [Value; 4] {
    let count = usize::from(operands.width(operand) / 8).min(4);
    let mut words = [Value::ZERO; 4];
    for (index, word) in words.iter_mut().enumerate().take(count) {
        *word = match lanes(operands, operand) {
            Some(first) => operands.state.lane(first + index),
            None if operands.code.op_kind(operand) == OpKind::Memory => {
                operands.load(8 * index as i64, 8)
            }
            None => Value::Unknown,
        };
    }
    words
}

fn put(operands: &mut Operands<'_, '_, '_>, operand: u32, words: [Value; 4]) {
    if let Some(first) = lanes(operands, operand) {
        for (index, word) in words.into_iter().enumerate() {
            operands.state.set_lane(first + index, word);
        }
    } else if operands.code.op_kind(operand) == OpKind::Memory {
        let width = operands.width(operand);
        for (index, word) in words.into_iter().enumerate().take(usize::from(width / 8)) {
            operands.store(8 * index as i64, 8, word);
        }
        for distance in (32..i64::from(width)).step_by(8) {
            operands.store(distance, 8, Value::Unknown);
        }
    }
}

fn copy(operands: &mut Operands<'_, '_, '_>) {
    if operands.code.op_count() != 2 || operands.width(1) > 32 {
        return put(operands, 0, [Value::Unknown; 4]);
    }
    let words = words(operands, 1);
    put(operands, 0, words);
}

fn scalar(operands: &mut Operands<'_, '_, '_>) {
    let value = match lanes(operands, 1) {
        Some(first) => operands.state.lane(first),
        None => operands.read(1),
    };
    let wide = matches!(operands.code.mnemonic(), Mnemonic::Movq | Mnemonic::Vmovq);
    let value = if wide { value } else { value.low(4) };
    match lanes(operands, 0) {
        Some(_) => put(operands, 0, [value, Value::ZERO, Value::ZERO, Value::ZERO]),
        None => operands.write(0, value),
    }
}

fn clear(operands: &mut Operands<'_, '_, '_>) {
    let code = operands.code;
    let last = code.op_count() - 1;
    let before = last.saturating_sub(1);
    let same = code.op_kind(last) == OpKind::Register
        && code.op_register(last) == code.op_register(before);
    put(
        operands,
        0,
        [if same { Value::ZERO } else { Value::Unknown }; 4],
    );
}

/// Instructions that put a second word above the first.
fn combine(operands: &mut Operands<'_, '_, '_>) {
    use Mnemonic as M;
    let code = operands.code;
    let inserted = matches!(code.mnemonic(), M::Pinsrq | M::Vpinsrq);
    let count = code.op_count() - u32::from(inserted);
    if lanes(operands, 0).is_none() {
        // A store of the upper word.
        let upper = lanes(operands, count - 1).map(|first| operands.state.lane(first + 1));
        return operands.write(0, upper.unwrap_or(Value::Unknown));
    }
    let base = words(operands, if count == 3 { 1 } else { 0 });
    let other = match lanes(operands, count - 1) {
        Some(first) => operands.state.lane(first),
        None => operands.load_or_read(count - 1),
    };
    let lower = inserted && code.try_immediate(count).is_ok_and(|place| place & 1 == 0);
    let pair = if lower {
        (other, base[1])
    } else {
        (base[0], other)
    };
    let rest = if count == 3 {
        [Value::ZERO; 2]
    } else {
        [base[2], base[3]]
    };
    put(operands, 0, [pair.0, pair.1, rest[0], rest[1]]);
}

/// Loads or stores of the lower word.
fn low(operands: &mut Operands<'_, '_, '_>) {
    let last = operands.code.op_count() - 1;
    match lanes(operands, 0) {
        None => {
            let value = lanes(operands, last).map(|first| operands.state.lane(first));
            operands.write(0, value.unwrap_or(Value::Unknown));
        }
        Some(first) => {
            let value = operands.load_or_read(last);
            operands.state.set_lane(first, value);
        }
    }
}

fn insert_half(operands: &mut Operands<'_, '_, '_>) {
    let (base, half) = (words(operands, 1), words(operands, 2));
    let upper = operands
        .code
        .try_immediate(3)
        .is_ok_and(|place| place & 1 == 1);
    let words = if upper {
        [base[0], base[1], half[0], half[1]]
    } else {
        [half[0], half[1], base[2], base[3]]
    };
    put(operands, 0, words);
}
