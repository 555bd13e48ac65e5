//! Instructions of either machine.

use super::flow::{Block, Reference, Step};
use super::image::Image;
use super::imports::Symbol;
use super::ranges::Ranges;
use super::state::State;
use super::target::Machine;
use super::{arm, x86};

/// Executes the instruction at an address; `None` if there is none.
pub(super) fn step(image: &Image<'_>, state: &mut State, address: u64) -> Option<Step> {
    match image.machine {
        Machine::X86_64 => x86::step(image, state, address),
        Machine::Arm64 => arm::step(image, state, address),
    }
}

/// The instructions from an address on, up to a number of them.
pub(super) fn block(image: &Image<'_>, address: u64, most: usize) -> Block {
    match image.machine {
        Machine::X86_64 => x86::block(image, address, most),
        Machine::Arm64 => arm::block(image, address, most),
    }
}

/// What instructions anywhere refer to in ranges of addresses, with their own addresses; `None` if
/// there is too much to look at.
pub(super) fn references_to(
    image: &Image<'_>,
    ranges: &mut Ranges,
) -> Option<Vec<(u64, Reference)>> {
    let code = image.segments.iter().filter(|segment| segment.executable);
    let mut found = Vec::new();
    for segment in code {
        match image.machine {
            Machine::X86_64 => x86::references_to(segment, ranges, &mut found)?,
            Machine::Arm64 => arm::references_to(segment, ranges, &mut found)?,
        }
    }
    Some(found)
}

/// The import that a stub jumps to, if there is a stub at the address.
pub(super) fn stub(image: &Image<'_>, address: u64) -> Option<Symbol> {
    match image.machine {
        Machine::X86_64 => x86::stub(image, address),
        Machine::Arm64 => arm::stub(image, address),
    }
}
