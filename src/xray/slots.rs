//! Slot arrays of module definitions and of 3.15's exports.

use super::image::Image;
use super::state::State;
use super::target::Abi;
use super::value::Value;
use super::verdict::Why;

/// What slots say about the GIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gil {
    Slot {
        array: Option<u64>,
        id: u32,
        value: u64,
    },
    Absent {
        array: Option<u64>,
    },
    Unclear(Why),
}

/// How many slots are read, nested ones included; real modules have up to eight.
const MOST_SLOTS: usize = 128;
/// How deep arrays nest.
const DEEPEST: u8 = 4;

/// Where a state and the interpreter's version meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'s, 'a> {
    pub(super) image: &'s Image<'a>,
    pub(super) state: &'s State,
    pub(super) abi: Abi,
}

impl Reader<'_, '_> {
    fn read(&self, address: Value, bytes: u8) -> Value {
        self.state.memory.read(self.image, address, bytes)
    }

    /// The slots of a `PyModuleDef`.
    pub(super) fn definition(&self, definition: Value) -> Gil {
        let Some(offset) = self.abi.slots_offset() else {
            return Gil::Unclear(Why::UnknownSlots);
        };
        let name = self.read(definition.plus(offset - 32), 8);
        match self.read(definition.plus(offset), 8) {
            Value::Unknown => Gil::Unclear(Why::UnknownValue),
            // A definition without a name was filled in by something that was passed over.
            Value::ZERO if name == Value::ZERO => Gil::Unclear(Why::NotFollowed),
            Value::ZERO => Gil::Absent { array: None },
            array => self.array(array),
        }
    }

    /// An array of slots.
    pub(super) fn array(&self, array: Value) -> Gil {
        let mut found = Vec::new();
        let mut left = MOST_SLOTS;
        if let Err(why) = self.collect(array, 0, &mut left, &mut found) {
            return Gil::Unclear(why);
        }
        let place = array.number();
        let unwritten = left == MOST_SLOTS - 1 && !self.state.memory.wrote(array, 16);
        match found.as_slice() {
            [] if unwritten && self.state.skipped => Gil::Unclear(Why::NotFollowed),
            [] => Gil::Absent { array: place },
            [(id, Value::Const(value))] => Gil::Slot {
                array: place,
                id: *id,
                value: *value,
            },
            [_] => Gil::Unclear(Why::UnknownValue),
            _ => Gil::Unclear(Why::Depends),
        }
    }

    fn collect(
        &self,
        array: Value,
        depth: u8,
        left: &mut usize,
        found: &mut Vec<(u32, Value)>,
    ) -> Result<(), Why> {
        let mut slot = array;
        loop {
            *left = left.checked_sub(1).ok_or(Why::UnknownSlots)?;
            let (id, value) = self.slot(slot)?;
            match id {
                0 => return Ok(()),
                4 | 87 => found.push((id, value)),
                92 | 94 if self.abi.minor >= 15 => {
                    if depth >= DEEPEST {
                        return Err(Why::UnknownSlots);
                    }
                    self.collect(value, depth + 1, left, found)?;
                }
                1..=3 => {}
                84..=127 if self.abi.minor >= 15 => {}
                _ => return Err(Why::UnknownSlots),
            }
            slot = slot.plus(16);
        }
    }

    /// The id and value of one slot. The id has four bytes before 3.15, two since.
    fn slot(&self, slot: Value) -> Result<(u32, Value), Why> {
        let width = if self.abi.minor >= 15 { 2 } else { 4 };
        let id = self.read(slot, width).number().ok_or(Why::UnknownValue)?;
        let id = u32::try_from(id).map_err(|_| Why::UnknownSlots)?;
        Ok((id, self.read(slot.plus(8), 8)))
    }
}
