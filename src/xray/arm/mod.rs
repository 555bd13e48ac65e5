//! AArch64: the abstract effect of each instruction. Every instruction has four bytes and few
//! patterns, so that they are decoded here.

mod code;
mod control;
mod integer;
mod memory;
mod references;
mod vector;

pub(super) use control::step;
pub(super) use references::{block, references_to, stub};
