//! x86-64: the abstract effect of each instruction.

mod arithmetic;
mod general;
mod operands;
mod references;
mod unknown;
mod vector;

pub(super) use general::step;
pub(super) use references::{block, references_to, stub};
