//! What the abstract execution has written, over the contents of the image.

use super::cell::{Byte, Cell, UNWRITTEN};
use super::image::{Image, Word};
use super::sorted::Sorted;
use super::value::Value;
use std::collections::BTreeSet;

/// The bit in the number of a heap block that says that it was zeroed.
pub(super) const ZEROED: u32 = 1 << 31;

/// The memory that an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Base {
    Image,
    Stack,
    Heap(u32),
}

/// Every word that was written; what is missing is as the image has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    cells: Sorted<(Base, i64), Cell>,
    /// Objects of the image of which some part was written, not known which.
    scattered: BTreeSet<u64>,
}

/// How much of the stack a function may change that has the address of a part of it.
const OBJECT: i64 = 32;

impl Memory {
    /// How many words were written: the price of a copy.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// How many words were moved to make room for others, since this was asked last.
    pub(super) fn take_moved(&mut self) -> u64 {
        self.cells.take_moved()
    }

    /// Reads up to eight bytes.
    pub(super) fn read(&self, image: &Image<'_>, address: Value, bytes: u8) -> Value {
        if address == Value::ThreadLocal {
            return Value::ThreadLocal;
        }
        let Some((base, offset)) = place(address) else {
            return Value::Unknown;
        };
        let aligned = offset & !7;
        let written = || {
            let end = offset.saturating_add(8);
            self.cells.has_any((base, aligned)..(base, end))
        };
        if base == Base::Image && image.changeable(offset.cast_unsigned(), bytes, written) {
            return Value::Unknown;
        }
        if bytes == 8 && offset == aligned {
            return match self.cells.get((base, aligned)) {
                None => initial(image, base, offset, 8),
                Some(Cell::Whole(value)) => value,
                Some(_) => self.gather(image, (base, offset), 8),
            };
        }
        let end = offset.saturating_add(8);
        if !self.cells.has_any((base, aligned)..(base, end)) {
            return initial(image, base, offset, bytes);
        }
        self.gather(image, (base, offset), bytes)
    }

    /// Reads byte by byte.
    fn gather(&self, image: &Image<'_>, (base, offset): (Base, i64), bytes: u8) -> Value {
        let mut number = 0;
        for index in 0..bytes {
            let Some(byte) = self.byte(image, base, offset.wrapping_add(index.into())) else {
                return match index {
                    4.. if bytes == 8 => Value::Low(number as u32),
                    _ => Value::Unknown,
                };
            };
            number |= u64::from(byte) << (8 * index);
        }
        Value::Const(number)
    }

    fn byte(&self, image: &Image<'_>, base: Base, offset: i64) -> Option<u8> {
        let lane = (offset & 7) as u8;
        let cell = self.cells.get((base, offset & !7)).unwrap_or(UNWRITTEN);
        match cell.byte(lane) {
            Byte::Known(byte) => Some(byte),
            Byte::Unknown => None,
            Byte::Unwritten => initial(image, base, offset, 1)
                .number()
                .map(|byte| byte as u8),
        }
    }

    /// Writes up to eight bytes. A write to an unknown place is ignored, one to an unknown element
    /// of an array is noted.
    pub(super) fn write(&mut self, address: Value, bytes: u8, value: Value) {
        let Some((base, offset)) = place(address) else {
            return self.scatter(address);
        };
        if bytes == 8 && offset & 7 == 0 {
            *self.cells.entry((base, offset), UNWRITTEN) = Cell::Whole(value);
            return;
        }
        let (number, known) = value.known_bytes();
        for index in 0..bytes {
            let byte = (index < known).then_some((number >> (8 * index)) as u8);
            self.write_byte(base, offset.wrapping_add(index.into()), byte);
        }
    }

    fn write_byte(&mut self, base: Base, offset: i64, byte: Option<u8>) {
        let cell = self.cells.entry((base, offset & !7), UNWRITTEN);
        cell.set((offset & 7) as u8, byte);
    }

    /// Notes that some part of an object was written.
    pub(super) fn scatter(&mut self, address: Value) {
        if let Value::Around(base) | Value::Const(base) = address {
            self.scattered.insert(base);
        }
    }

    /// The objects of the image of which some part was written, not known which.
    pub(super) fn scattered(&self) -> &BTreeSet<u64> {
        &self.scattered
    }

    /// Forgets what a function may change that has an address on the stack or heap.
    pub(super) fn forget(&mut self, address: Value) {
        let Some((base, offset)) = place(address).filter(|(base, _)| *base != Base::Image) else {
            return;
        };
        let end = match base {
            Base::Stack => offset.saturating_add(OBJECT),
            _ => i64::MAX,
        };
        for cell in self.cells.range_mut((base, offset & !7)..(base, end)) {
            if cell.is_small() {
                *cell = Cell::Whole(Value::Unknown);
            }
        }
    }

    /// Puts another value wherever a value is.
    pub(super) fn replace(&mut self, old: Value, new: Value) {
        for (_, cell) in self.cells.iter_mut() {
            if *cell == Cell::Whole(old) {
                *cell = Cell::Whole(new);
            }
        }
    }

    /// Keeps what is the same in both memories. Whether anything changed.
    pub(super) fn join(&mut self, other: &Memory, image: &Image<'_>) -> bool {
        let noted = self.scattered.len();
        self.scattered.extend(&other.scattered);
        let mut changed = self.scattered.len() > noted;
        let mut theirs = other.cells.iter().peekable();
        let mut missing: Vec<((Base, i64), Cell)> = Vec::new();
        for (place, cell) in self.cells.iter_mut() {
            while let Some(only) = theirs.next_if(|(other, _)| *other < place) {
                missing.push(only);
            }
            let same = theirs.next_if(|(other, _)| *other == place);
            let theirs = same.map_or(UNWRITTEN, |(_, cell)| cell);
            if *cell != theirs {
                changed |= merge(cell, theirs, image, place);
            }
        }
        missing.extend(theirs);
        for (place, theirs) in missing {
            let cell = self.cells.entry(place, UNWRITTEN);
            changed |= merge(cell, theirs, image, place);
        }
        changed
    }

    /// Forgets the part of the stack below an address: the frames of calls that returned.
    pub(super) fn drop_below(&mut self, stack_pointer: Value) {
        if let Value::Stack(offset) = stack_pointer {
            let below = (Base::Stack, i64::MIN)..(Base::Stack, offset);
            self.cells.remove(below);
        }
    }

    /// Whether anything in a range of the image was written.
    pub(super) fn wrote(&self, address: Value, bytes: u16) -> bool {
        place(address).is_some_and(|(base, offset)| {
            let end = offset.saturating_add(bytes.into());
            self.cells.has_any((base, offset & !7)..(base, end))
        })
    }
}

/// Keeps what is the same in two cells. Whether that changed the first.
fn merge(cell: &mut Cell, theirs: Cell, image: &Image<'_>, (base, offset): (Base, i64)) -> bool {
    if base != Base::Image && (*cell == UNWRITTEN || theirs == UNWRITTEN) {
        // Nothing can be read there before it was written.
        let changed = theirs != UNWRITTEN;
        *cell = if changed { theirs } else { *cell };
        return changed;
    }
    let below = |cell: Cell| match cell {
        UNWRITTEN if base == Base::Image => Cell::Whole(initial(image, base, offset, 8)),
        other => other,
    };
    if let (Cell::Whole(ours), Cell::Whole(theirs)) = (below(*cell), below(theirs)) {
        let joined = Cell::Whole(ours.join(theirs));
        let changed = *cell != joined;
        *cell = joined;
        return changed;
    }
    let mut changed = false;
    for lane in 0..8 {
        let place = offset.wrapping_add(lane.into());
        let resolved = |byte: Byte| match byte {
            Byte::Unwritten if base == Base::Image => match initial(image, base, place, 1) {
                Value::Const(byte) => Byte::Known(byte as u8),
                _ => Byte::Unknown,
            },
            other => other,
        };
        let joined = match (cell.byte(lane), theirs.byte(lane)) {
            (ours, theirs) if ours == theirs => continue,
            (ours, theirs) => match (resolved(ours), resolved(theirs)) {
                (ours, theirs) if ours == theirs => ours,
                (Byte::Unwritten, other) | (other, Byte::Unwritten) => other,
                _ => Byte::Unknown,
            },
        };
        if joined != cell.byte(lane) {
            changed = true;
            cell.set(
                lane,
                if let Byte::Known(byte) = joined {
                    Some(byte)
                } else {
                    None
                },
            );
        }
    }
    changed
}

/// What memory holds before anything was written.
fn initial(image: &Image<'_>, base: Base, offset: i64, bytes: u8) -> Value {
    match base {
        Base::Image => {}
        Base::Heap(block) if block & ZEROED != 0 => return Value::ZERO,
        _ => return Value::Unknown,
    }
    match image.load(offset.cast_unsigned(), bytes) {
        Some(Word::Number(number)) => Value::Const(number),
        Some(Word::Import(symbol)) => Value::Import(symbol),
        None => Value::Unknown,
    }
}

fn place(address: Value) -> Option<(Base, i64)> {
    match address {
        Value::Const(address) => Some((Base::Image, address.cast_signed())),
        Value::Stack(offset) => Some((Base::Stack, offset)),
        Value::Heap { block, offset } => Some((Base::Heap(block), offset)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xray::image::Format;
    use crate::xray::target::Machine;

    fn joined(ours: &[(Value, u8, u64)], theirs: &[(Value, u8, u64)]) -> (Memory, bool) {
        let image = Image::new(Machine::X86_64, Format::Elf, 0);
        let filled = |writes: &[(Value, u8, u64)]| {
            let mut memory = Memory::default();
            for (place, bytes, number) in writes {
                memory.write(*place, *bytes, Value::Const(*number));
            }
            memory
        };
        let mut memory = filled(ours);
        let changed = memory.join(&filled(theirs), &image);
        (memory, changed)
    }

    #[test]
    fn a_join_forgets_the_bytes_that_differ_and_keeps_the_others() {
        let image = Image::new(Machine::X86_64, Format::Elf, 0);
        let place = Value::Stack(-16);
        let ours = [(place, 4, 0x0102_0304), (place.plus(4), 1, 9)];
        let (memory, changed) = joined(&ours, &[(place, 4, 0x0102_0305), (place.plus(4), 1, 9)]);
        assert!(changed);
        assert_eq!(memory.read(&image, place, 4), Value::Unknown);
        assert_eq!(memory.read(&image, place, 1), Value::Unknown);
        assert_eq!(memory.read(&image, place.plus(1), 2), Value::Const(0x0203));
        assert_eq!(memory.read(&image, place.plus(4), 1), Value::Const(9));
    }

    #[test]
    fn a_number_before_padding_is_known_after_both_were_copied() {
        let image = Image::new(Machine::X86_64, Format::Elf, 0);
        let (from, to) = (Value::Stack(-32), Value::Stack(-20));
        let mut memory = Memory::default();
        memory.write(from, 4, Value::Const(0x0102_0304));
        let copied = memory.read(&image, from, 8);
        assert_eq!(copied, Value::Low(0x0102_0304));
        assert_ne!(copied, Value::Const(0x0102_0304));
        memory.write(to, 8, copied);
        assert_eq!(memory.read(&image, to, 4), Value::Const(0x0102_0304));
        assert_eq!(memory.read(&image, to.plus(2), 4), Value::Unknown);
        assert_eq!(memory.read(&image, to, 8), copied);
        assert_eq!(copied.sum(Value::Const(0x2000)), Value::Around(0x2000));
    }

    #[test]
    fn a_join_keeps_what_only_one_path_wrote_to_the_stack() {
        let image = Image::new(Machine::X86_64, Format::Elf, 0);
        let place = Value::Stack(-8);
        let (memory, changed) = joined(&[], &[(place, 8, 7)]);
        assert!(changed);
        assert_eq!(memory.read(&image, place, 8), Value::Const(7));
        let (_, changed) = joined(&[(place, 8, 7)], &[]);
        assert!(!changed);
    }

    #[test]
    fn a_join_forgets_what_only_one_path_wrote_to_the_image() {
        let image = Image::new(Machine::X86_64, Format::Elf, 0);
        let place = Value::Const(64);
        let (memory, _) = joined(&[(place, 1, 7)], &[]);
        assert_eq!(memory.read(&image, place, 1), Value::Unknown);
    }
}
