//! A module as it would be in memory: segments, relocated words, imports, init functions.

use super::decoder::LastDecoder;
use super::doubt::Doubt;
use super::imports::{Imports, Known, Symbol};
use super::target::Machine;
use super::value::mask;
use super::verdict::Why;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::{Range, RangeInclusive};

/// The kind of file, as far as calling conventions and idioms depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Elf,
    MachO,
    Pe,
}

/// A range of addresses with bytes of the file; the rest of it is zero.
#[derive(Debug, Clone)]
pub(super) struct Segment<'a> {
    pub(super) address: u64,
    pub(super) size: u64,
    pub(super) bytes: &'a [u8],
    pub(super) executable: bool,
    pub(super) writable: bool,
}

/// What the loader stores at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixup {
    Address(u64),
    Import(Symbol),
    /// Something that this engine does not compute.
    Opaque,
}

/// A word of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Number(u64),
    Import(Symbol),
}

/// How many entries of the tables of relocations are read: seven times those of the largest module
/// that was seen.
const MOST_RELOCATIONS: usize = 1_000_000;

/// So many relocated words may be in any order; of more, most are in order in real files.
const MOST_IN_NO_ORDER: usize = 300_000;

/// How many bytes of names of imported symbols are read, with a price for each name.
const MOST_IMPORT_BYTES: usize = 8 << 20;
const PRICE_OF_NAME: usize = 64;

/// Longer names are cut; those of templates in C++ reach a few kilobytes.
pub(super) const LONGEST_NAME: usize = 256;

/// How many words that point into a range are looked at.
const MOST_POINTERS: usize = 256;

/// How many bytes of names are read.
const MOST_NAME_BYTES: usize = 64 << 20;

/// How many init functions are read.
const MOST_INITS: usize = 512;

/// How many functions that the loader calls are looked at.
pub(super) const MOST_STARTERS: u64 = 4096;

/// How many segments or sections are read.
pub(super) const MOST_SEGMENTS: usize = 256;

/// A parsed module.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) machine: Machine,
    pub(super) format: Format,
    pub(super) segments: Vec<Segment<'a>>,
    pub(super) imports: Imports<'a>,
    /// Functions named `PyInit_*`, `PyInitU_*` or `PyModExport_*`.
    pub(super) inits: Vec<(Cow<'a, [u8]>, u64)>,
    fixups: Vec<(u64, Fixup)>,
    name_bytes: usize,
    import_bytes: usize,
    relocations: usize,
    last: Cell<usize>,
    /// Functions that the loader calls before the init function.
    pub(super) starters: Vec<u64>,
    /// What is written by the loader only, although its segment is writable.
    pub(super) sealed: Vec<Range<u64>>,
    /// Which writable memory may have changed, and what was read of it.
    pub(super) doubt: RefCell<Doubt>,
    pub(super) decoder: LastDecoder<'a>,
}

impl<'a> Image<'a> {
    /// An empty image of a file of a size. Relocated words are bytes of the file, eight each, so
    /// that its size bounds their number.
    pub(super) fn new(machine: Machine, format: Format, size: usize) -> Image<'a> {
        Image {
            machine,
            format,
            segments: Vec::new(),
            imports: Imports::default(),
            inits: Vec::new(),
            fixups: Vec::new(),
            name_bytes: MOST_NAME_BYTES.min(size.saturating_mul(16)) + 8 * LONGEST_NAME,
            import_bytes: MOST_IMPORT_BYTES,
            relocations: MOST_RELOCATIONS.min(size),
            last: Cell::new(0),
            starters: Vec::new(),
            sealed: Vec::new(),
            doubt: RefCell::default(),
            decoder: LastDecoder::default(),
        }
    }

    /// Adds a segment; a range of addresses that wraps is refused.
    pub(super) fn map(&mut self, segment: Segment<'a>) -> Result<(), Why> {
        if self.segments.len() >= MOST_SEGMENTS {
            return Err(Why::Malformed("too many segments"));
        }
        if segment.address.checked_add(segment.size).is_none() {
            return Err(Why::Malformed(
                "a segment past the end of the address space",
            ));
        }
        self.segments.push(segment);
        Ok(())
    }

    /// Adds what the loader stores at an address.
    pub(super) fn fix(&mut self, address: u64, fixup: Fixup) -> Result<(), Why> {
        self.relocation()?;
        self.fixups.push((address, fixup));
        Ok(())
    }

    /// Counts an entry of a table of relocations, whatever it does.
    pub(super) fn relocation(&mut self) -> Result<(), Why> {
        let left = self.relocations.checked_sub(1);
        self.relocations = left.ok_or(Why::TooLarge("the number of relocations"))?;
        Ok(())
    }

    /// Adds an imported symbol.
    pub(super) fn import(&mut self, name: &'a [u8]) -> Result<Symbol, Why> {
        let name = &name[..name.len().min(LONGEST_NAME)];
        let left = self.import_bytes.checked_sub(name.len() + PRICE_OF_NAME);
        self.import_bytes = left.ok_or(Why::TooLarge("the names of imports"))?;
        Ok(self.imports.add(name))
    }

    /// A name of the file's tables, cut to a length. Names that overlap are read again and again:
    /// with a price for each, there is a limit.
    pub(super) fn name(&mut self, name: &'a [u8]) -> Result<&'a [u8], Why> {
        let left = self.name_bytes.checked_sub(name.len() + PRICE_OF_NAME);
        self.name_bytes = left.ok_or(Why::TooLarge("the names of symbols"))?;
        Ok(&name[..name.len().min(LONGEST_NAME)])
    }

    /// Adds an init function.
    pub(super) fn init(&mut self, name: impl Into<Cow<'a, [u8]>>, address: u64) -> Result<(), Why> {
        if self.inits.len() >= MOST_INITS {
            return Err(Why::TooLarge("more than 512 init functions"));
        }
        self.inits.push((name.into(), address));
        Ok(())
    }

    /// Puts the tables in order; called once, after the last segment and fixup.
    pub(super) fn finish(mut self) -> Result<Image<'a>, Why> {
        self.segments.sort_by_key(|segment| segment.address);
        let pairs = self.fixups.windows(2);
        let falls = pairs.filter(|pair| pair[0].0 > pair[1].0).count();
        if self.fixups.len() > MOST_IN_NO_ORDER && falls > self.fixups.len() / 16 {
            return Err(Why::TooLarge("the number of relocations in no order"));
        }
        if falls > 0 {
            self.fixups.sort_by_key(|(address, _)| *address);
        }
        Ok(self)
    }

    fn segment(&self, address: u64) -> Option<&Segment<'a>> {
        let inside = |segment: &Segment<'_>| address.wrapping_sub(segment.address) < segment.size;
        let last = self.segments.get(self.last.get());
        if let Some(segment) = last.filter(|segment| inside(segment)) {
            return Some(segment);
        }
        let index = self.segments.iter().position(inside)?;
        self.last.set(index);
        self.segments.get(index)
    }

    /// The bytes of the file from an address to the end of its segment.
    pub(super) fn bytes(&self, address: u64) -> &'a [u8] {
        let from = |segment: &Segment<'a>| {
            let start = usize::try_from(address - segment.address).ok()?;
            segment.bytes.get(start..)
        };
        self.segment(address).and_then(from).unwrap_or_default()
    }

    /// The segment of code that an address is in: its address and bytes.
    pub(super) fn code(&self, address: u64) -> Option<(u64, &'a [u8])> {
        let segment = self.segment(address).filter(|segment| segment.executable)?;
        Some((segment.address, segment.bytes))
    }

    /// Whether an address is code.
    pub(super) fn executable(&self, address: u64) -> bool {
        self.segment(address)
            .is_some_and(|segment| segment.executable)
    }

    /// Whether code of the module can write to an address.
    pub(super) fn writable(&self, address: u64) -> bool {
        let inside = |range: &Range<u64>| range.contains(&address);
        self.segment(address)
            .is_some_and(|segment| segment.writable)
            && !self.sealed.iter().any(inside)
    }

    /// Whether what is read may have been changed by code that was not executed. What is read and
    /// taken for certain is remembered.
    pub(super) fn changeable(&self, address: u64, bytes: u8, written: impl Fn() -> bool) -> bool {
        if !self.writable(address) || matches!(self.fixup(address), Some(Fixup::Import(_))) {
            return false;
        }
        let mut doubt = self.doubt.borrow_mut();
        let last = address.saturating_add(bytes.into()).saturating_sub(1);
        let words = [address & !7, last & !7];
        words.into_iter().any(|word| doubt.reads(word, &written))
    }

    /// The bytes at an address, before relocation.
    pub(super) fn raw(&self, address: u64, bytes: u8) -> Option<u64> {
        let segment = self.segment(address)?;
        let start = address - segment.address;
        if segment.size - start < u64::from(bytes) {
            return None;
        }
        let mut number = 0;
        for index in 0..bytes.min(8) {
            let place = usize::try_from(start + u64::from(index)).ok()?;
            let byte = segment.bytes.get(place).copied().unwrap_or(0);
            number |= u64::from(byte) << (8 * index);
        }
        Some(number)
    }

    /// What the loader stores at an address.
    pub(super) fn fixup(&self, address: u64) -> Option<Fixup> {
        let range = self.fixups_in(address..address.checked_add(1)?);
        range.last().map(|(_, fixup)| *fixup)
    }

    fn fixups_in(&self, addresses: Range<u64>) -> &[(u64, Fixup)] {
        let from = self
            .fixups
            .partition_point(|(address, _)| *address < addresses.start);
        let rest = &self.fixups[from..];
        let many = rest
            .iter()
            .take_while(|(address, _)| *address < addresses.end);
        &rest[..many.take(16).count()]
    }

    /// Up to eight bytes at an address, after relocation.
    pub(super) fn load(&self, address: u64, bytes: u8) -> Option<Word> {
        let end = address.checked_add(u64::from(bytes))?;
        let near = self.fixups_in(address.saturating_sub(7)..end);
        match near {
            [] => self.raw(address, bytes).map(Word::Number),
            [.., (place, fixup)] if *place == address && bytes == 8 => match fixup {
                Fixup::Address(number) => Some(Word::Number(*number)),
                Fixup::Import(symbol) => Some(Word::Import(*symbol)),
                Fixup::Opaque => None,
            },
            [.., (place, Fixup::Address(number))] if *place == address => {
                Some(Word::Number(number & mask(bytes)))
            }
            _ => None,
        }
    }

    /// The words that hold an address in one of some ranges, and the address; up to a number.
    pub(super) fn pointers_into(&self, ranges: &[RangeInclusive<u64>]) -> Vec<(u64, u64)> {
        let found = self.fixups.iter().filter_map(|(word, fixup)| match fixup {
            Fixup::Address(to) if ranges.iter().any(|range| range.contains(to)) => {
                Some((*word, *to))
            }
            _ => None,
        });
        found.take(MOST_POINTERS).collect()
    }

    /// The code address stored at a place, if there is one.
    pub(super) fn code_at(&self, address: u64) -> Option<u64> {
        match self.fixup(address)? {
            Fixup::Address(code) if self.executable(code) => Some(code),
            _ => None,
        }
    }

    /// What an imported symbol is known to do.
    pub(super) fn known(&self, symbol: Symbol) -> Known {
        self.imports.known(symbol)
    }
}
