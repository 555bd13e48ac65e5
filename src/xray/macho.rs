//! Mach-O: segments, symbols, and both ways of telling the loader what to store where.

use super::image::{Fixup, Format, Image, MOST_SEGMENTS, MOST_STARTERS, Segment, Word};
use super::imports::Symbol;
use super::target::Machine;
use super::trie;
use super::verdict::Why;
use crate::mach_o;
use object::read::macho::{
    Fixup as Chained, LoadCommandVariant, MachHeader as _, Nlist as _, Segment as _,
};
use object::{Endianness, macho};
use std::ops::Range;

type Header = macho::MachHeader64<Endianness>;

/// How many symbols are looked at.
const MOST_SYMBOLS: usize = 1_000_000;

/// Whether a file begins as Mach-O files do.
pub(super) fn recognises(data: &[u8]) -> bool {
    matches!(data, [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..])
}

/// The parts of a fat file.
type Slices<'a> = Vec<(Machine, &'a [u8])>;

/// The parts of a fat file whose machine is supported, or `None` if the file is not fat.
pub(super) fn slices(data: &[u8]) -> Option<Result<Slices<'_>, Why>> {
    const DAMAGED: Why = Why::Malformed("the fat header");
    let parts = match mach_o::universal(data)? {
        Ok(parts) => parts,
        Err(_) => return Some(Err(DAMAGED)),
    };
    let supported = parts
        .into_iter()
        .filter_map(|(kind, part)| Some((machine(kind)?, part)));
    let slices = supported
        .take(4)
        .map(|(machine, part)| Ok((machine, data.get(part).ok_or(DAMAGED)?)));
    Some(slices.collect())
}

fn machine(kind: macho::CpuType) -> Option<Machine> {
    match kind {
        macho::CPU_TYPE_X86_64 => Some(Machine::X86_64),
        macho::CPU_TYPE_ARM64 => Some(Machine::Arm64),
        _ => None,
    }
}

/// What the load commands say.
#[derive(Default)]
struct Commands<'a> {
    /// Address and bytes of each segment, in the order that the loader counts them.
    segments: Vec<(u64, &'a [u8])>,
    symbols: Option<&'a macho::SymtabCommand<Endianness>>,
    info: Option<&'a macho::DyldInfoCommand<Endianness>>,
    chained: Option<&'a macho::LinkeditDataCommand<Endianness>>,
    trie: Option<&'a macho::LinkeditDataCommand<Endianness>>,
    /// Sections of functions that the loader calls: as addresses, or as distances of four bytes.
    pointers: Vec<Range<u64>>,
    offsets: Vec<Range<u64>>,
}

impl Commands<'_> {
    /// The address of the header.
    fn base(&self) -> u64 {
        let first = self.segments.iter().find(|(_, bytes)| !bytes.is_empty());
        first.map_or(0, |(address, _)| *address)
    }
}

/// Reads a Mach-O file of one of the supported machines.
pub(super) fn parse(data: &[u8]) -> Result<Image<'_>, Why> {
    let malformed = |_| Why::Malformed("the load commands");
    let header = Header::parse(data, 0).map_err(|_| Why::UnsupportedMachine)?;
    let endian = header.endian().map_err(malformed)?;
    let machine = machine(header.cputype(endian)).ok_or(Why::UnsupportedMachine)?;
    let mut image = Image::new(machine, Format::MachO, data.len());
    let mut commands = Commands::default();
    let mut all = header.load_commands(endian, data, 0).map_err(malformed)?;
    while let Some(command) = all.next().map_err(malformed)? {
        match command.variant().map_err(malformed)? {
            LoadCommandVariant::Segment64(segment, parts) => {
                let bytes = segment
                    .data(endian, data)
                    .map_err(|()| Why::Malformed("a segment outside the file"))?;
                let size = segment.vmsize.get(endian);
                let kept = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len());
                let address = segment.vmaddr.get(endian);
                commands.segments.push((address, &bytes[..kept]));
                image.map(Segment {
                    address,
                    size,
                    bytes: &bytes[..kept],
                    executable: segment.initprot.get(endian).0 & macho::VM_PROT_EXECUTE.0 != 0,
                    writable: segment.initprot.get(endian).0 & macho::VM_PROT_WRITE.0 != 0,
                })?;
                if segment.flags.get(endian).0 & macho::SG_READ_ONLY.0 != 0 {
                    image.sealed.push(address..address.saturating_add(size));
                }
                let sections = segment.sections(endian, parts).map_err(malformed)?;
                for section in sections.iter().take(MOST_SEGMENTS) {
                    let start = section.addr.get(endian);
                    let place = start..start.saturating_add(section.size.get(endian));
                    match section.flags.get(endian).typ() {
                        macho::S_MOD_INIT_FUNC_POINTERS => commands.pointers.push(place),
                        macho::S_INIT_FUNC_OFFSETS => commands.offsets.push(place),
                        _ => {}
                    }
                }
            }
            LoadCommandVariant::Symtab(symbols) => commands.symbols = Some(symbols),
            LoadCommandVariant::DyldInfo(info) => commands.info = Some(info),
            LoadCommandVariant::LinkeditData(part)
                if command.cmd() == macho::LC_DYLD_CHAINED_FIXUPS =>
            {
                commands.chained = Some(part);
            }
            LoadCommandVariant::LinkeditData(part)
                if command.cmd() == macho::LC_DYLD_EXPORTS_TRIE =>
            {
                commands.trie = Some(part);
            }
            _ => {}
        }
    }
    symbols(data, endian, &commands, &mut image)?;
    exports(data, endian, &commands, &mut image)?;
    classic(data, endian, &commands, &mut image)?;
    chained(data, endian, &commands, &mut image)?;
    let mut image = image.finish()?;
    image.starters = starters(&image, &commands);
    Ok(image)
}

/// The functions that the loader calls before others.
fn starters(image: &Image<'_>, commands: &Commands<'_>) -> Vec<u64> {
    let every = |ranges: &[Range<u64>], step: u64| -> Vec<u64> {
        let places = ranges.iter().flat_map(|range| {
            let count = (range.end - range.start) / step;
            (0..count.min(MOST_STARTERS)).map(move |index| range.start + index * step)
        });
        places.collect()
    };
    let base = commands.base();
    let pointers = every(&commands.pointers, 8);
    let pointers = pointers
        .iter()
        .filter_map(|place| match image.load(*place, 8)? {
            Word::Number(function) => Some(function),
            Word::Import(_) => None,
        });
    let offsets = every(&commands.offsets, 4);
    let offsets = offsets
        .iter()
        .filter_map(|place| image.raw(*place, 4)?.checked_add(base));
    let all = pointers.chain(offsets).take(MOST_STARTERS as usize);
    all.filter(|function| image.executable(*function)).collect()
}

/// The init functions in the export trie that are not in the symbol table.
fn exports<'a>(
    data: &'a [u8],
    endian: Endianness,
    commands: &Commands<'a>,
    image: &mut Image<'a>,
) -> Result<(), Why> {
    let malformed = |_| Why::Malformed("the export trie");
    let trie = match (commands.trie, commands.info) {
        (Some(part), _) => {
            let start = part.dataoff.get(endian) as usize;
            let bytes = data.get(start..).unwrap_or_default();
            bytes.get(..part.datasize.get(endian) as usize)
        }
        (None, Some(info)) => Some(info.export_data(endian, data).map_err(malformed)?),
        (None, None) => None,
    };
    let Some(trie) = trie.filter(|trie| !trie.is_empty()) else {
        return Ok(());
    };
    for (name, distance) in trie::init_functions(trie)? {
        if !image.inits.iter().any(|(known, _)| **known == *name) {
            image.init(name, commands.base().wrapping_add(distance))?;
        }
    }
    Ok(())
}

/// A symbol's name without the underscore that C's names begin with.
fn plain(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"_").unwrap_or(name)
}

fn symbols<'a>(
    data: &'a [u8],
    endian: Endianness,
    commands: &Commands<'a>,
    image: &mut Image<'a>,
) -> Result<(), Why> {
    let Some(command) = commands.symbols else {
        return Ok(());
    };
    let table = command
        .symbols::<Header, _>(endian, data)
        .map_err(|_| Why::Malformed("the symbol table"))?;
    for symbol in table.iter().take(MOST_SYMBOLS) {
        let outside = symbol.n_type().0 & macho::N_EXT.0 != 0;
        if !symbol.is_definition() || !outside {
            continue;
        }
        let name = symbol.name(endian, table.strings()).unwrap_or_default();
        let name = plain(image.name(name)?);
        if super::target::is_init(name) {
            image.init(name, symbol.n_value(endian))?;
        }
    }
    Ok(())
}

/// The opcodes of dyld before macOS 12.
fn classic<'a>(
    data: &'a [u8],
    endian: Endianness,
    commands: &Commands<'a>,
    image: &mut Image<'a>,
) -> Result<(), Why> {
    let malformed = |_| Why::Malformed("the bindings");
    let Some(info) = commands.info else {
        return Ok(());
    };
    let place = |segment: u8, offset: u64| {
        let segment = commands.segments.get(usize::from(segment));
        let address = segment.and_then(|(start, _)| start.checked_add(offset));
        address.ok_or(Why::Malformed("a binding outside the segments"))
    };
    for rebase in info.rebases(endian, data, 8).map_err(malformed)? {
        let rebase = rebase.map_err(malformed)?;
        let address = place(rebase.segment_index, rebase.segment_offset)?;
        let value = image.raw(address, 8);
        image.fix(address, value.map_or(Fixup::Opaque, Fixup::Address))?;
    }
    let bindings = (info.weak_binds(endian, data, 8).map_err(malformed)?)
        .chain(info.lazy_binds(endian, data, 8).map_err(malformed)?)
        .chain(info.binds(endian, data, 8).map_err(malformed)?);
    // One name may be bound a million times.
    let mut last: Option<(&[u8], Symbol)> = None;
    for bind in bindings {
        let bind = bind.map_err(malformed)?;
        let address = place(bind.segment_index, bind.segment_offset)?;
        let symbol = match last {
            Some((name, symbol)) if std::ptr::eq(name, bind.symbol) => symbol,
            _ => image.import(plain(bind.symbol))?,
        };
        last = Some((bind.symbol, symbol));
        image.fix(address, Fixup::Import(symbol))?;
    }
    Ok(())
}

/// Chained fixups: each word says where the next one is.
fn chained<'a>(
    data: &'a [u8],
    endian: Endianness,
    commands: &Commands<'a>,
    image: &mut Image<'a>,
) -> Result<(), Why> {
    let malformed = |_| Why::Malformed("the chained fixups");
    let Some(command) = commands.chained else {
        return Ok(());
    };
    let fixups = command.chained_fixups(endian, data).map_err(malformed)?;
    let mut symbols = Vec::new();
    for import in fixups.imports(endian).map_err(malformed)? {
        symbols.push(image.import(plain(import.map_err(malformed)?.name))?);
    }
    let base = commands.base();
    for part in fixups.segments(endian).map_err(malformed)? {
        let part = part.map_err(malformed)?;
        let index = usize::try_from(part.index()).unwrap_or(usize::MAX);
        let Some((address, bytes)) = commands.segments.get(index) else {
            return Err(Why::Malformed("the chained fixups"));
        };
        for found in part.fixups(endian, base, bytes) {
            let (offset, found) = found.map_err(malformed)?;
            let fixup = match found {
                Chained::Rebase(rebase) => Fixup::Address(base.wrapping_add(rebase.target_offset)),
                Chained::Bind(bind) => {
                    let symbol = usize::try_from(bind.ordinal)
                        .ok()
                        .and_then(|at| symbols.get(at));
                    symbol.map_or(Fixup::Opaque, |symbol| Fixup::Import(*symbol))
                }
                _ => Fixup::Opaque,
            };
            image.fix(address.wrapping_add(offset), fixup)?;
        }
    }
    Ok(())
}
