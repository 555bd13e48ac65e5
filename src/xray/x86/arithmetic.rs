//! Arithmetic of integers and pointers.

use super::operands::Operands;
use super::unknown::forget;
use crate::xray::state::Flags;
use crate::xray::value::{Value, mask, sign_extend};
use iced_x86::{Mnemonic, OpKind};

/// Executes an arithmetic instruction, or forgets what an unknown one writes.
pub(super) fn execute(operands: &mut Operands<'_, '_, '_>) {
    let code = operands.code;
    let mnemonic = code.mnemonic();
    match mnemonic {
        Mnemonic::Xor | Mnemonic::Sub if same_register(operands) => {
            operands.write(0, Value::ZERO);
            operands.state.flags = Flags::Result(0, 8);
        }
        Mnemonic::Add
        | Mnemonic::Sub
        | Mnemonic::And
        | Mnemonic::Or
        | Mnemonic::Xor
        | Mnemonic::Shl
        | Mnemonic::Sal
        | Mnemonic::Shr
        | Mnemonic::Sar => binary(operands),
        Mnemonic::Imul if code.op_count() >= 2 => multiply(operands),
        Mnemonic::Inc | Mnemonic::Dec | Mnemonic::Neg | Mnemonic::Not => unary(operands),
        _ => forget(operands),
    }
}

fn same_register(operands: &Operands<'_, '_, '_>) -> bool {
    let code = operands.code;
    code.op0_kind() == OpKind::Register
        && code.op1_kind() == OpKind::Register
        && code.op0_register() == code.op1_register()
}

fn binary(operands: &mut Operands<'_, '_, '_>) {
    let mnemonic = operands.code.mnemonic();
    let bytes = operands.width(0);
    let (first, second) = (operands.read(0), operands.read_as(1, 0));
    let value = match mnemonic {
        Mnemonic::Add => first.sum(second.extended(bytes)),
        Mnemonic::Sub => first.difference(second.extended(bytes)),
        _ => bitwise(mnemonic, first, second, bytes),
    };
    let value = value.low(bytes);
    let flags = match value {
        _ if mnemonic == Mnemonic::Sub => Flags::Compared(first, second, bytes),
        Value::Const(number) => Flags::Result(number, bytes),
        _ => Flags::Unknown,
    };
    operands.write(0, value);
    operands.state.flags = flags;
}

fn bitwise(mnemonic: Mnemonic, first: Value, second: Value, bytes: u8) -> Value {
    let ones = mask(bytes);
    match (mnemonic, first, second) {
        (Mnemonic::And, _, Value::ZERO) | (Mnemonic::And, Value::ZERO, _) => Value::ZERO,
        (Mnemonic::And, value, Value::Const(kept)) if kept == ones => value,
        (Mnemonic::And, Value::Stack(offset), Value::Const(kept)) if bytes == 8 => {
            Value::Stack(offset & kept.cast_signed())
        }
        (Mnemonic::Or, _, Value::Const(set)) if set == ones => Value::Const(ones),
        (Mnemonic::Or | Mnemonic::Xor, value, Value::ZERO)
        | (Mnemonic::Or | Mnemonic::Xor, Value::ZERO, value) => value,
        (_, Value::Const(first), Value::Const(second)) => {
            let count = (second & if bytes == 8 { 63 } else { 31 }) as u32;
            match mnemonic {
                Mnemonic::And => Value::Const(first & second),
                Mnemonic::Or => Value::Const(first | second),
                Mnemonic::Xor => Value::Const(first ^ second),
                Mnemonic::Shl | Mnemonic::Sal => Value::Const(first << count),
                Mnemonic::Shr => Value::Const((first & ones) >> count),
                Mnemonic::Sar => Value::Const((sign_extend(first, bytes) >> count).cast_unsigned()),
                _ => Value::Unknown,
            }
        }
        _ => Value::Unknown,
    }
}

fn multiply(operands: &mut Operands<'_, '_, '_>) {
    let bytes = operands.width(0);
    let (first, second) = match operands.code.op_count() {
        2 => (operands.read(0), operands.read(1)),
        _ => (operands.read(1), operands.read(2)),
    };
    let value = match (first, second) {
        (Value::Const(first), Value::Const(second)) => {
            Value::Const(first.wrapping_mul(second)).low(bytes)
        }
        _ => Value::Unknown,
    };
    operands.write(0, value);
    operands.state.flags = Flags::Unknown;
}

fn unary(operands: &mut Operands<'_, '_, '_>) {
    let mnemonic = operands.code.mnemonic();
    let bytes = operands.width(0);
    let value = match (mnemonic, operands.read(0)) {
        (Mnemonic::Inc, value) => value.plus(1),
        (Mnemonic::Dec, value) => value.plus(-1),
        (Mnemonic::Neg, Value::Const(number)) => Value::Const(number.wrapping_neg()),
        (Mnemonic::Not, Value::Const(number)) => Value::Const(!number),
        _ => Value::Unknown,
    };
    let value = value.low(bytes);
    operands.write(0, value);
    if mnemonic != Mnemonic::Not {
        operands.state.flags = match value {
            Value::Const(number) => Flags::Result(number, bytes),
            _ => Flags::Unknown,
        };
    }
}
