//! The state of the abstract execution at one place, and how two states become one.

use super::image::Image;
use super::memory::Memory;
use super::value::Value;

/// What a conditional branch can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flags {
    Unknown,
    /// A comparison of two values of a width in bytes.
    Compared(Value, Value, u8),
    /// The bitwise and of two values.
    Tested(Value, Value, u8),
    /// Whether the last result was zero.
    Result(u64, u8),
}

/// What a module that was created declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Declared {
    Nothing,
    /// The value, and the address of the call.
    Gil {
        value: u64,
        call: u64,
    },
    Unclear,
}

/// Modules that were created on the way, by creating call. States that differ in them are kept
/// apart, so that a declaration on one path does not hide its absence on another.
pub(super) type Modules = Vec<(u32, Declared)>;

/// Registers, memory and flags.
///
/// General registers are `registers[0..]`: x86-64's in its own order, arm64's x0 to x30 and, in
/// place 31, the stack pointer. Vector registers are 64-bit `lanes`, four or two for each.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) registers: [Value; 32],
    pub(super) lanes: [Value; 64],
    pub(super) flags: Flags,
    pub(super) memory: Memory,
    pub(super) modules: Modules,
    /// Calls whose effect is not known were passed over.
    pub(super) skipped: bool,
}

impl State {
    /// The state at entry, with the stack pointer in a register.
    pub(super) fn new(stack_pointer: usize) -> State {
        let mut state = State {
            registers: [Value::Unknown; 32],
            lanes: [Value::Unknown; 64],
            flags: Flags::Unknown,
            memory: Memory::default(),
            modules: Vec::new(),
            skipped: false,
        };
        state.set(stack_pointer, Value::Stack(0));
        state
    }

    pub(super) fn get(&self, register: usize) -> Value {
        self.registers
            .get(register)
            .copied()
            .unwrap_or(Value::Unknown)
    }

    pub(super) fn set(&mut self, register: usize, value: Value) {
        if let Some(place) = self.registers.get_mut(register) {
            *place = value;
        }
    }

    pub(super) fn lane(&self, lane: usize) -> Value {
        self.lanes.get(lane).copied().unwrap_or(Value::Unknown)
    }

    pub(super) fn set_lane(&mut self, lane: usize, value: Value) {
        if let Some(place) = self.lanes.get_mut(lane) {
            *place = value;
        }
    }

    /// Keeps what holds in both states. Whether anything changed.
    pub(super) fn join(&mut self, other: &State, image: &Image<'_>) -> bool {
        let mut changed = false;
        let ours = self.registers.iter_mut().chain(&mut self.lanes);
        for (ours, theirs) in ours.zip(other.registers.iter().chain(&other.lanes)) {
            if *ours != *theirs {
                let joined = ours.join(*theirs);
                changed |= joined != *ours;
                *ours = joined;
            }
        }
        if self.flags != other.flags && self.flags != Flags::Unknown {
            self.flags = Flags::Unknown;
            changed = true;
        }
        changed |= other.skipped && !self.skipped;
        self.skipped |= other.skipped;
        self.memory.join(&other.memory, image) || changed
    }

    /// Puts another value wherever a value is.
    pub(super) fn replace(&mut self, old: Value, new: Value) {
        for place in self.registers.iter_mut().chain(&mut self.lanes) {
            if *place == old {
                *place = new;
            }
        }
        self.memory.replace(old, new);
    }

    /// Records what a module declares.
    pub(super) fn declare(&mut self, site: u32, declared: Declared) {
        match self.modules.binary_search_by_key(&site, |(site, _)| *site) {
            Ok(index) => {
                if let Some(place) = self.modules.get_mut(index) {
                    place.1 = declared;
                }
            }
            Err(index) => self.modules.insert(index, (site, declared)),
        }
    }
}
