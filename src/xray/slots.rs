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

/// What a create slot makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Module,
    /// Something that is not a module object: importing it turns the GIL on.
    Other,
    Unclear,
}

/// What an array of slots says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slots {
    pub(super) gil: Gil,
    /// The function of the create slot, if it may return something that is not a module: with a
    /// slot for execution, or with state, the import would fail.
    pub(super) maker: Option<Value>,
}

impl Slots {
    pub(super) fn unclear(why: Why) -> Slots {
        Slots {
            gil: Gil::Unclear(why),
            maker: None,
        }
    }
}

/// What was found in an array so far.
#[derive(Debug)]
struct Found {
    left: usize,
    gil: Vec<(u32, Value)>,
    maker: Option<Value>,
    executes: bool,
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
        if let Value::Const(address) = address {
            self.image.doubt.borrow_mut().decides(address);
        }
        self.state.memory.read(self.image, address, bytes)
    }

    /// The slots of a `PyModuleDef`.
    pub(super) fn definition(&self, definition: Value) -> Slots {
        let Some(offset) = self.abi.slots_offset() else {
            return Slots::unclear(Why::UnknownSlots);
        };
        self.begins(definition);
        let size = self.read(definition.plus(offset - 16), 8);
        let stateful = matches!(size, Value::Const(size) if size.cast_signed() > 0);
        let name = self.read(definition.plus(offset - 32), 8);
        match self.read(definition.plus(offset), 8) {
            Value::Unknown => Slots::unclear(Why::UnknownValue),
            // A definition without a name was filled in by something that was passed over.
            Value::ZERO if name == Value::ZERO => Slots::unclear(Why::NotFollowed),
            Value::ZERO => Slots {
                gil: Gil::Absent { array: None },
                maker: None,
            },
            array => {
                let mut slots = self.array(array);
                slots.maker = slots.maker.filter(|_| !stateful);
                slots
            }
        }
    }

    /// An object begins here.
    fn begins(&self, address: Value) {
        if let Value::Const(address) = address {
            self.image.doubt.borrow_mut().object(address);
        }
    }

    /// An array of slots.
    pub(super) fn array(&self, array: Value) -> Slots {
        let mut found = Found {
            left: MOST_SLOTS,
            gil: Vec::new(),
            maker: None,
            executes: false,
        };
        if let Err(why) = self.collect(array, 0, &mut found) {
            return Slots::unclear(why);
        }
        Slots {
            gil: self.gil(array, &found),
            maker: found.maker.filter(|_| !found.executes),
        }
    }

    fn gil(&self, array: Value, found: &Found) -> Gil {
        let place = array.number();
        let unwritten = found.left == MOST_SLOTS - 1 && !self.state.memory.wrote(array, 16);
        match found.gil.as_slice() {
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

    fn collect(&self, array: Value, depth: u8, found: &mut Found) -> Result<(), Why> {
        self.begins(array);
        let mut slot = array;
        loop {
            found.left = found.left.checked_sub(1).ok_or(Why::UnknownSlots)?;
            let (id, value) = self.slot(slot)?;
            match id {
                0 => return Ok(()),
                4 | 87 => found.gil.push((id, value)),
                92 | 94 if self.abi.minor >= 15 => {
                    if depth >= DEEPEST {
                        return Err(Why::UnknownSlots);
                    }
                    self.collect(value, depth + 1, found)?;
                }
                1 => found.maker = Some(value),
                84 if self.abi.minor >= 15 => found.maker = Some(value),
                2 => found.executes = true,
                85 if self.abi.minor >= 15 => found.executes = true,
                3 => {}
                84..=127 if self.abi.minor >= 15 => {}
                // A slot of a later version, which others skip.
                _ if self.is_optional(slot) => {}
                _ => return Err(Why::UnknownSlots),
            }
            slot = slot.plus(16);
        }
    }

    /// Whether the flag `PySlot_OPTIONAL` of a slot is set.
    fn is_optional(&self, slot: Value) -> bool {
        let flags = || self.read(slot.plus(2), 2).number();
        self.abi.minor >= 15 && flags().is_some_and(|flags| flags & 1 == 1)
    }

    /// The id and value of one slot. The id has four bytes before 3.15, two since.
    fn slot(&self, slot: Value) -> Result<(u32, Value), Why> {
        let width = if self.abi.minor >= 15 { 2 } else { 4 };
        let id = self.read(slot, width).number().ok_or(Why::UnknownValue)?;
        let id = u32::try_from(id).map_err(|_| Why::UnknownSlots)?;
        Ok((id, self.read(slot.plus(8), 8)))
    }
}
