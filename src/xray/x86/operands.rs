//! Reading and writing the operands of an instruction.

use crate::xray::image::{Format, Image};
use crate::xray::state::State;
use crate::xray::value::{Value, mask};
use iced_x86::{Instruction, OpKind, Register};

/// Decodes the instruction at an address.
pub(super) fn decode(image: &Image<'_>, address: u64) -> Option<Instruction> {
    image.decoder.decode(image.code(address)?, address)
}

/// An instruction with the state that it works on.
pub(super) struct Operands<'s, 'i, 'a> {
    pub(super) image: &'i Image<'a>,
    pub(super) state: &'s mut State,
    pub(super) code: Instruction,
}

impl Operands<'_, '_, '_> {
    /// The width of an operand in bytes.
    pub(super) fn width(&self, operand: u32) -> u8 {
        match self.code.op_kind(operand) {
            OpKind::Register => self.code.op_register(operand).size() as u8,
            OpKind::Memory => self.code.memory_size().size().min(64) as u8,
            _ => 8,
        }
    }

    /// The address of the memory operand.
    pub(super) fn address(&self) -> Value {
        let code = &self.code;
        if matches!(code.segment_prefix(), Register::FS | Register::GS) {
            return match self.image.format {
                Format::Pe => Value::ThreadLocal,
                _ => Value::Unknown,
            };
        }
        if code.is_ip_rel_memory_operand() {
            return Value::Const(code.ip_rel_memory_address());
        }
        let base = self.register(code.memory_base(), Value::ZERO);
        let index = match self.register(code.memory_index(), Value::ZERO) {
            Value::Const(index) => {
                Value::Const(index.wrapping_mul(code.memory_index_scale().into()))
            }
            other if code.memory_index_scale() == 1 => other,
            _ => Value::Unknown,
        };
        base.sum(index)
            .plus(code.memory_displacement64().cast_signed())
    }

    fn register(&self, register: Register, absent: Value) -> Value {
        if register == Register::None {
            return absent;
        }
        if !register.is_gpr() {
            return Value::Unknown;
        }
        self.state.get(place(register))
    }

    /// Reads the memory operand.
    pub(super) fn load(&self, distance: i64, bytes: u8) -> Value {
        self.state
            .memory
            .read(self.image, self.address().plus(distance), bytes)
    }

    /// Writes the memory operand.
    pub(super) fn store(&mut self, distance: i64, bytes: u8, value: Value) {
        let place = self.address().plus(distance);
        self.state.memory.write(place, bytes, value);
    }

    /// Reads an operand of up to eight bytes.
    pub(super) fn read(&self, operand: u32) -> Value {
        match self.code.op_kind(operand) {
            OpKind::Register => self.read_register(self.code.op_register(operand)),
            OpKind::Memory => match self.width(operand) {
                bytes @ 1..=8 => self.load(0, bytes),
                _ => Value::Unknown,
            },
            _ => self
                .code
                .try_immediate(operand)
                .map_or(Value::Unknown, Value::Const),
        }
    }

    /// Reads an operand of up to eight bytes, as wide as another one: an immediate is cut.
    pub(super) fn read_as(&self, operand: u32, wide: u32) -> Value {
        match self.read(operand) {
            Value::Const(number) => Value::Const(number & mask(self.width(wide))),
            other => other,
        }
    }

    fn read_register(&self, register: Register) -> Value {
        if register.is_vector_register() {
            return self.state.lane(register.number() * 4);
        }
        if !register.is_gpr() {
            return Value::Unknown;
        }
        let whole = self.state.get(place(register));
        match whole {
            Value::Const(number) if is_high_byte(register) => Value::Const(number >> 8 & 0xff),
            _ if is_high_byte(register) => Value::Unknown,
            whole => whole.low(register.size() as u8),
        }
    }

    /// Eight bytes of a memory operand, or a general register.
    pub(super) fn load_or_read(&self, operand: u32) -> Value {
        match self.code.op_kind(operand) {
            OpKind::Memory => self.load(0, 8),
            _ => self.read(operand),
        }
    }

    /// Writes an operand of up to eight bytes.
    pub(super) fn write(&mut self, operand: u32, value: Value) {
        match self.code.op_kind(operand) {
            OpKind::Register => self.write_register(self.code.op_register(operand), value),
            OpKind::Memory => {
                let bytes = self.width(operand);
                self.store(0, bytes.min(8), value);
                for distance in (8..i64::from(bytes)).step_by(8) {
                    self.store(distance, 8, Value::Unknown);
                }
            }
            _ => {}
        }
    }

    pub(super) fn write_register(&mut self, register: Register, value: Value) {
        if register.is_vector_register() {
            for lane in 0..4 {
                self.state
                    .set_lane(register.number() * 4 + lane, Value::Unknown);
            }
            return;
        }
        if !register.is_gpr() {
            return;
        }
        let number = place(register);
        let bytes = register.size() as u8;
        let value = match bytes {
            8 => value,
            4 => value.low(4),
            _ => {
                let shift = if is_high_byte(register) { 8 } else { 0 };
                match (self.state.get(number), value) {
                    (Value::Const(old), Value::Const(new)) => {
                        let hole = mask(bytes) << shift;
                        Value::Const(old & !hole | new << shift & hole)
                    }
                    _ => Value::Unknown,
                }
            }
        };
        self.state.set(number, value);
    }
}

/// The place of a general register of any width.
fn place(register: Register) -> usize {
    register.full_register().number()
}

fn is_high_byte(register: Register) -> bool {
    matches!(
        register,
        Register::AH | Register::BH | Register::CH | Register::DH
    )
}
