//! What instructions refer to, without executing them.

use super::operands::decode;
use crate::xray::flow::{Block, Reference};
use crate::xray::image::{Fixup, Image};
use crate::xray::imports::Symbol;
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind};

/// The instructions from an address on, up to a number of them.
pub(in crate::xray) fn block(image: &Image<'_>, address: u64, most: usize) -> Block {
    let mut block = Block {
        end: address,
        ..Block::default()
    };
    let bytes = image.bytes(address);
    if !image.executable(address) {
        return block;
    }
    let bytes = &bytes[..bytes.len().min(most.saturating_mul(15))];
    let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
    let mut code = Instruction::default();
    while block.instructions < most && decoder.can_decode() {
        decoder.decode_out(&mut code);
        if code.is_invalid() {
            break;
        }
        block.instructions += 1;
        block.end = code.next_ip();
        let (reference, goes_on) = reference(&code);
        if reference != Reference::None {
            block.references.push(reference);
        }
        if !goes_on {
            block.returns = code.flow_control() == FlowControl::Return;
            break;
        }
    }
    block
}

/// What an instruction refers to, and whether control can go on to the next one.
fn reference(code: &Instruction) -> (Reference, bool) {
    let through = || match code.is_ip_rel_memory_operand() {
        true => Reference::Through(code.ip_rel_memory_address()),
        false => Reference::None,
    };
    match code.flow_control() {
        FlowControl::ConditionalBranch => (Reference::Branch(code.near_branch_target()), true),
        FlowControl::UnconditionalBranch => (Reference::Branch(code.near_branch_target()), false),
        FlowControl::Call => (Reference::Call(code.near_branch_target()), true),
        FlowControl::IndirectCall => (through(), true),
        FlowControl::IndirectBranch => (through(), false),
        FlowControl::Next if code.is_ip_rel_memory_operand() => match code.mnemonic() {
            Mnemonic::Lea => (Reference::Address(code.ip_rel_memory_address()), true),
            Mnemonic::Mov => (Reference::Through(code.ip_rel_memory_address()), true),
            _ => (Reference::None, true),
        },
        FlowControl::Next => (Reference::None, true),
        _ => (Reference::None, false),
    }
}

/// The import that a stub jumps to: `endbr64; jmp [rip+x]`.
pub(in crate::xray) fn stub(image: &Image<'_>, address: u64) -> Option<Symbol> {
    let mut address = address;
    for _ in 0..3 {
        let code = decode(image, address)?;
        match code.mnemonic() {
            Mnemonic::Endbr64 | Mnemonic::Nop => address = code.next_ip(),
            Mnemonic::Jmp
                if code.op0_kind() == OpKind::Memory && code.is_ip_rel_memory_operand() =>
            {
                return match image.fixup(code.ip_rel_memory_address())? {
                    Fixup::Import(symbol) => Some(symbol),
                    _ => None,
                };
            }
            _ => return None,
        }
    }
    None
}
