//! General-purpose instructions.

use super::operands::{Operands, decode};
use super::{arithmetic, references, vector};
use crate::xray::condition::{Condition, evaluate, zero_side};
use crate::xray::flow::{Flow, Step};
use crate::xray::image::{Format, Image};
use crate::xray::state::{Flags, State};
use crate::xray::value::{Value, mask};
use iced_x86::{ConditionCode, FlowControl, Mnemonic, Register};

const RAX: usize = 0;
const RCX: usize = 1;
const RDX: usize = 2;
const RSP: usize = 4;
const RBP: usize = 5;
const RSI: usize = 6;
const RDI: usize = 7;

/// Executes the instruction at an address.
pub(in crate::xray) fn step(image: &Image<'_>, state: &mut State, address: u64) -> Option<Step> {
    let code = decode(image, address)?;
    let mut operands = Operands { image, state, code };
    let flow = match code.flow_control() {
        FlowControl::Next => {
            execute(&mut operands);
            Flow::Next
        }
        _ => control(&mut operands),
    };
    Some(Step {
        flow,
        next: code.next_ip(),
    })
}

fn control(operands: &mut Operands<'_, '_, '_>) -> Flow {
    let code = operands.code;
    match code.flow_control() {
        FlowControl::UnconditionalBranch => {
            let target = code.near_branch_target();
            match references::stub(operands.image, target) {
                Some(symbol) => Flow::Tail(Value::Import(symbol)),
                None => Flow::Jump(target),
            }
        }
        FlowControl::ConditionalBranch => {
            let target = code.near_branch_target();
            let condition = condition(code.condition_code());
            let flags = operands.state.flags;
            match evaluate(operands.image, flags, condition) {
                Some(true) => Flow::Jump(target),
                Some(false) => Flow::Next,
                None => Flow::Fork(target, zero_side(flags, condition)),
            }
        }
        FlowControl::IndirectBranch => match operands.read(0) {
            Value::Const(target) if operands.image.executable(target) => Flow::Jump(target),
            other => Flow::Tail(other),
        },
        FlowControl::Call => Flow::Call(Value::Const(code.near_branch_target())),
        FlowControl::IndirectCall => Flow::Call(operands.read(0)),
        FlowControl::Return => Flow::Return,
        _ => Flow::Stop,
    }
}

/// The condition of a branch, `setcc` or `cmovcc`.
fn condition(code: ConditionCode) -> Condition {
    match code {
        ConditionCode::e => Condition::Equal,
        ConditionCode::ne => Condition::NotEqual,
        ConditionCode::l => Condition::Less,
        ConditionCode::le => Condition::LessOrEqual,
        ConditionCode::g => Condition::Greater,
        ConditionCode::ge => Condition::GreaterOrEqual,
        ConditionCode::b => Condition::Below,
        ConditionCode::be => Condition::BelowOrEqual,
        ConditionCode::a => Condition::Above,
        ConditionCode::ae => Condition::AboveOrEqual,
        ConditionCode::s => Condition::Negative,
        ConditionCode::ns => Condition::NotNegative,
        _ => Condition::Other,
    }
}

fn execute(operands: &mut Operands<'_, '_, '_>) {
    let code = operands.code;
    if vector::execute(operands) {
        return;
    }
    match code.mnemonic() {
        Mnemonic::Nop | Mnemonic::Endbr64 => {}
        Mnemonic::Mov => {
            let value = operands.read(1);
            operands.write(0, value);
        }
        Mnemonic::Lea => {
            let address = operands.address();
            operands.write(0, address);
        }
        Mnemonic::Movzx => {
            let value = operands.read(1);
            operands.write(0, value);
        }
        Mnemonic::Movsx | Mnemonic::Movsxd => {
            let value = operands.read(1).extended(operands.width(1));
            operands.write(0, value);
        }
        Mnemonic::Cdqe => extend(operands, RAX, RAX, 4),
        Mnemonic::Cdq | Mnemonic::Cqo => sign_of_accumulator(operands, code.mnemonic()),
        Mnemonic::Xchg => {
            let (first, second) = (operands.read(0), operands.read(1));
            operands.write(0, second);
            operands.write(1, first);
        }
        Mnemonic::Test | Mnemonic::Cmp => compare(operands),
        Mnemonic::Push => {
            let value = operands.read(0);
            let top = operands.state.get(RSP).plus(-8);
            operands.state.set(RSP, top);
            operands.state.memory.write(top, 8, value);
        }
        Mnemonic::Pop => pop(operands),
        Mnemonic::Leave => {
            let frame = operands.state.get(RBP);
            let value = operands.state.memory.read(operands.image, frame, 8);
            operands.state.set(RSP, frame.plus(8));
            operands.state.set(RBP, value);
        }
        Mnemonic::Cmpxchg => compare_exchange(operands),
        Mnemonic::Xadd => {
            let (old, added) = (operands.read(0), operands.read(1));
            operands.write(1, old);
            operands.write(0, old.sum(added));
            operands.state.flags = Flags::Unknown;
        }
        Mnemonic::Stosb
        | Mnemonic::Stosd
        | Mnemonic::Stosq
        | Mnemonic::Movsb
        | Mnemonic::Movsd
        | Mnemonic::Movsq => string(operands),
        _ => conditional(operands),
    }
}

/// `setcc` and `cmovcc`, then arithmetic.
fn conditional(operands: &mut Operands<'_, '_, '_>) {
    let code = operands.code;
    let kind = code.condition_code();
    if kind == ConditionCode::None {
        return arithmetic::execute(operands);
    }
    let truth = evaluate(operands.image, operands.state.flags, condition(kind));
    if code.op_count() == 1 {
        let value = truth.map_or(Value::Unknown, |truth| Value::Const(truth.into()));
        return operands.write(0, value);
    }
    let (kept, moved) = (operands.read(0), operands.read(1));
    let value = match truth {
        Some(true) => moved,
        Some(false) => kept,
        None => kept.join(moved),
    };
    operands.write(0, value);
}

fn extend(operands: &mut Operands<'_, '_, '_>, from: usize, to: usize, bytes: u8) {
    let value = operands.state.get(from).low(bytes).extended(bytes);
    operands.state.set(to, value);
}

fn sign_of_accumulator(operands: &mut Operands<'_, '_, '_>, mnemonic: Mnemonic) {
    let bytes = if mnemonic == Mnemonic::Cdq { 4 } else { 8 };
    let value = match operands.state.get(RAX) {
        Value::Const(number) => {
            let sign = crate::xray::value::sign_extend(number, bytes) >> 63;
            Value::Const(sign.cast_unsigned() & mask(bytes))
        }
        _ => Value::Unknown,
    };
    operands.state.set(RDX, value);
}

fn compare(operands: &mut Operands<'_, '_, '_>) {
    let bytes = operands.width(0);
    let (mut first, second) = (operands.read(0), operands.read_as(1, 0));
    let code = operands.code;
    if code.mnemonic() == Mnemonic::Test {
        operands.state.flags = Flags::Tested(first, second, bytes);
        return;
    }
    // MSVC's static guard: `_Init_thread_header` sets it to -1 for the first thread.
    let guard = operands.image.format == Format::Pe
        && code.is_ip_rel_memory_operand()
        && bytes == 4
        && second == Value::Const(mask(4));
    if guard {
        first = second;
    }
    operands.state.flags = Flags::Compared(first, second, bytes);
}

fn pop(operands: &mut Operands<'_, '_, '_>) {
    let top = operands.state.get(RSP);
    let value = operands.state.memory.read(operands.image, top, 8);
    operands.state.set(RSP, top.plus(8));
    operands.write(0, value);
}

/// `lock cmpxchg`: one thread only executes here.
fn compare_exchange(operands: &mut Operands<'_, '_, '_>) {
    let bytes = operands.width(0);
    let (old, new) = (operands.read(0), operands.read(1));
    let expected = operands.state.get(RAX).low(bytes);
    operands.state.flags = Flags::Compared(expected, old, bytes);
    match evaluate(operands.image, operands.state.flags, Condition::Equal) {
        Some(true) => operands.write(0, new),
        Some(false) => operands.write_register(accumulator(bytes), old),
        None => {
            operands.write(0, Value::Unknown);
            operands.state.set(RAX, Value::Unknown);
        }
    }
}

fn accumulator(bytes: u8) -> Register {
    match bytes {
        1 => Register::AL,
        2 => Register::AX,
        4 => Register::EAX,
        _ => Register::RAX,
    }
}

/// `rep stos` and `rep movs`, of up to 4 KiB.
fn string(operands: &mut Operands<'_, '_, '_>) {
    let code = operands.code;
    let bytes = code.memory_size().size().clamp(1, 8) as u8;
    let repeated = code.has_rep_prefix() || code.has_repne_prefix();
    let count = if repeated {
        operands.state.get(RCX)
    } else {
        Value::Const(1)
    };
    let copies = matches!(
        code.mnemonic(),
        Mnemonic::Movsb | Mnemonic::Movsd | Mnemonic::Movsq
    );
    let (mut to, mut from) = (operands.state.get(RDI), operands.state.get(RSI));
    let count = count
        .number()
        .filter(|count| count.saturating_mul(bytes.into()) <= 4096);
    for _ in 0..count.unwrap_or(0) {
        let value = if copies {
            operands.state.memory.read(operands.image, from, bytes)
        } else {
            operands.state.get(RAX).low(bytes)
        };
        operands.state.memory.write(to, bytes, value);
        to = to.plus(bytes.into());
        from = from.plus(bytes.into());
    }
    let known = count.is_some();
    if !known {
        operands.state.memory.scatter(to);
    }
    operands
        .state
        .set(RDI, if known { to } else { Value::Unknown });
    if copies {
        operands
            .state
            .set(RSI, if known { from } else { Value::Unknown });
    }
    if repeated {
        operands.state.set(RCX, Value::ZERO);
    }
}
