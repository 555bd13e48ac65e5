//! What instructions refer to, without executing them.

use super::operands::decode;
use crate::xray::flow::{Block, Reference};
use crate::xray::image::{Fixup, Image, Segment};
use crate::xray::imports::Symbol;
use crate::xray::ranges::Ranges;
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
            _ if writes(code) => (Reference::Write(code.ip_rel_memory_address()), true),
            Mnemonic::Mov => (Reference::Through(code.ip_rel_memory_address()), true),
            _ => (Reference::None, true),
        },
        FlowControl::Next => (Reference::None, true),
        _ => (Reference::None, false),
    }
}

/// What the instructions of a segment refer to in ranges of addresses; `None` if there is too much
/// to look at. Where instructions begin is not known: each four bytes that would be the distance to
/// such an address are looked at.
pub(in crate::xray) fn references_to(
    segment: &Segment<'_>,
    ranges: &mut Ranges,
    found: &mut Vec<(u64, Reference)>,
) -> Option<()> {
    let bytes = segment.bytes;
    let (first, last) = ranges.ends();
    let start = first.wrapping_sub(LONGEST_IMMEDIATE);
    let size = last.saturating_sub(first).saturating_add(LONGEST_IMMEDIATE);
    let low_size = u32::try_from(size).unwrap_or(u32::MAX);
    for block in (0..bytes.len()).step_by(BLOCK) {
        let end = segment.address.wrapping_add(block as u64 + 4);
        let window = bytes.get(block..block + BLOCK + 3);
        if let Some(window) = window.and_then(|window| window.try_into().ok())
            && !is_close(window, end.wrapping_sub(start) as u32, low_size)
        {
            continue;
        }
        for at in block..(block + BLOCK).min(bytes.len().saturating_sub(3)) {
            let &[a, b, c, d] = &bytes[at..at + 4] else {
                continue;
            };
            let distance = i32::from_le_bytes([a, b, c, d]);
            let end = segment.address.wrapping_add(at as u64 + 4);
            let place = end.wrapping_add_signed(distance.into());
            if place.wrapping_sub(start) <= size {
                ranges.look()?;
                if ranges.reach(place, LONGEST_IMMEDIATE) {
                    around(segment, at, ranges, found)?;
                }
            }
        }
    }
    Some(())
}

/// How many places are looked at together.
const BLOCK: usize = 64;

/// Whether four bytes at one of the places of a block may be the distance to an address that is
/// wanted, by the lower half of the addresses: `base` is that of the first place, counted from the
/// first address that is wanted. Without a branch, so that many are compared at once.
fn is_close(window: &[u8; BLOCK + 3], base: u32, size: u32) -> bool {
    let mut close = 0;
    for phase in 0..4 {
        let base = base.wrapping_add(phase as u32);
        let words = window[phase..phase + BLOCK].as_chunks::<4>().0;
        for (word, at) in words.iter().zip(0_u32..) {
            let place = u32::from_le_bytes(*word).wrapping_add(base.wrapping_add(4 * at));
            close |= u32::from(place <= size);
        }
    }
    close != 0
}

/// The instructions with a distance at a place.
fn around(
    segment: &Segment<'_>,
    at: usize,
    ranges: &mut Ranges,
    found: &mut Vec<(u64, Reference)>,
) -> Option<()> {
    for before in (2..=8).filter(|before| *before <= at) {
        ranges.decode()?;
        let first = at - before;
        let address = segment.address.wrapping_add(first as u64);
        let bytes = &segment.bytes[first..segment.bytes.len().min(first + 15)];
        let mut decoder = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE);
        let code = decoder.decode();
        if code.is_invalid() || !code.is_ip_rel_memory_operand() {
            continue;
        }
        let offsets = decoder.get_constant_offsets(&code);
        if offsets.displacement_offset() == before && ranges.reach(code.ip_rel_memory_address(), 0)
        {
            found.push((address, reference(&code).0));
        }
    }
    Some(())
}

/// How many bytes follow a distance in an instruction.
const LONGEST_IMMEDIATE: u64 = 4;

/// Whether an instruction with a memory operand may write to it.
fn writes(code: &Instruction) -> bool {
    let reads = matches!(
        code.mnemonic(),
        Mnemonic::Cmp
            | Mnemonic::Test
            | Mnemonic::Push
            | Mnemonic::Bt
            | Mnemonic::Mul
            | Mnemonic::Imul
            | Mnemonic::Div
            | Mnemonic::Idiv
            | Mnemonic::Nop
    );
    code.op0_kind() == OpKind::Memory && !reads
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
