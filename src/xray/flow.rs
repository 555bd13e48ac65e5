//! What one instruction does to control.

use super::value::Value;

/// Where control goes after an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Jump(u64),
    /// To an address or to the next instruction; a value may be zero on one side, the taken one
    /// if the flag is set.
    Fork(u64, Option<(Value, bool)>),
    Call(Value),
    /// A jump to something that is not a place in this function: a call whose result is returned.
    Tail(Value),
    Return,
    Stop,
}

/// One executed instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) flow: Flow,
    pub(super) next: u64,
}

/// A reference in the code of a function, for finding out what it can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    None,
    /// A branch inside the function, or to its tail.
    Branch(u64),
    Call(u64),
    /// A call or jump through a word in memory, or a pointer that is read.
    Through(u64),
    /// A word in memory that is written.
    Write(u64),
    /// An address that is computed, perhaps of a function or of a table of functions.
    Address(u64),
}

/// Instructions that follow each other, up to the first that control does not go on from.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) references: Vec<Reference>,
    pub(super) end: u64,
    pub(super) instructions: usize,
    /// Whether the last instruction returns.
    pub(super) returns: bool,
}
