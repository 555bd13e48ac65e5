//! Instructions without a model.

use super::operands::Operands;
use crate::xray::state::Flags;
use crate::xray::value::Value;
use iced_x86::{InstructionInfoFactory, OpAccess, OpKind};

/// Forgets whatever an instruction without a model writes.
pub(super) fn forget(operands: &mut Operands<'_, '_, '_>) {
    let mut factory = InstructionInfoFactory::new();
    let writes = |access: OpAccess| {
        matches!(
            access,
            OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
        )
    };
    let code = operands.code;
    let info = factory.info(&code);
    for used in info.used_registers() {
        if writes(used.access()) {
            operands.write_register(used.register().full_register(), Value::Unknown);
        }
    }
    if info.used_memory().iter().any(|used| writes(used.access())) {
        let memory = (0..code.op_count()).find(|n| code.op_kind(*n) == OpKind::Memory);
        if let Some(operand) = memory {
            operands.write(operand, Value::Unknown);
        }
    }
    if code.rflags_modified() != 0 {
        operands.state.flags = Flags::Unknown;
    }
}
