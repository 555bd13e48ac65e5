//! ELF: segments and the dynamic table, as the loader reads them. Section headers are not needed.

use super::image::{Fixup, Format, Image, LONGEST_NAME, MOST_STARTERS, Segment, Word};
use super::imports::Symbol;
use super::target::Machine;
use super::verdict::Why;
use object::elf;
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _, Rela as _, Sym as _};
use object::{LittleEndian, pod};

type Header = elf::FileHeader64<LittleEndian>;
type Sym = elf::Sym64<LittleEndian>;
type Rela = elf::Rela64<LittleEndian>;

const LE: LittleEndian = LittleEndian;

/// How many symbols are read.
const MOST_SYMBOLS: usize = 500_000;
/// A symbol whose name was not read so far.
const NOT_READ: Symbol = Symbol::MAX;

/// What the dynamic table says.
#[derive(Debug, Default)]
struct Tables {
    symbols: u64,
    strings: u64,
    strings_size: u64,
    hash: u64,
    gnu_hash: u64,
    relocations: [(u64, u64); 2],
    relative: (u64, u64),
    start: u64,
    starters: (u64, u64),
}

/// Reads an ELF file of one of the supported machines.
pub(super) fn parse(data: &[u8]) -> Result<Image<'_>, Why> {
    let header = Header::parse(data).map_err(|_| Why::Malformed("the ELF header"))?;
    let endian = header.endian().map_err(|_| Why::UnsupportedMachine)?;
    let machine = match header.e_machine(endian) {
        elf::EM_X86_64 => Machine::X86_64,
        elf::EM_AARCH64 => Machine::Arm64,
        _ => return Err(Why::UnsupportedMachine),
    };
    let headers = header
        .program_headers(endian, data)
        .map_err(|_| Why::Malformed("the program headers"))?;
    let mut image = Image::new(machine, Format::Elf, data.len());
    let mut dynamic = 0..0;
    for segment in headers {
        match segment.p_type(endian) {
            elf::PT_LOAD => image.map(Segment {
                address: segment.p_vaddr(endian),
                size: segment.p_memsz(endian),
                bytes: loaded(segment, data)?,
                executable: segment.p_flags(endian).0 & elf::PF_X.0 != 0,
                writable: segment.p_flags(endian).0 & elf::PF_W.0 != 0,
            })?,
            elf::PT_DYNAMIC => {
                let start = segment.p_vaddr(endian);
                dynamic = start..start.saturating_add(segment.p_memsz(endian));
            }
            elf::PT_GNU_RELRO => {
                let start = segment.p_vaddr(endian);
                let sealed = start..start.saturating_add(segment.p_memsz(endian));
                image.sealed.push(sealed);
            }
            _ => {}
        }
    }
    let tables = tables(&image, dynamic);
    let symbols = symbols(&image, &tables);
    exports(&mut image, &tables, symbols)?;
    relocate(&mut image, &tables, symbols)?;
    let mut image = image.finish()?;
    starters(&mut image, &tables);
    Ok(image)
}

/// The functions that the loader calls: DT_INIT, then those in DT_INIT_ARRAY.
fn starters(image: &mut Image<'_>, tables: &Tables) {
    let (address, size) = tables.starters;
    let listed = (0..(size / 8).min(MOST_STARTERS))
        .filter_map(|index| image.load(address.checked_add(8 * index)?, 8))
        .filter_map(|word| match word {
            Word::Number(function) => Some(function),
            Word::Import(_) => None,
        });
    let all = [tables.start].into_iter().chain(listed);
    image.starters = all.filter(|function| image.executable(*function)).collect();
}

/// How many bytes of a file its segments need, by the first ones.
pub(super) fn needed(first: &[u8]) -> Option<u64> {
    let header = Header::parse(first).ok()?;
    let headers = header
        .program_headers(header.endian().ok()?, first)
        .ok()?
        .iter();
    let loaded = headers.filter(|segment| segment.p_type(LE) == elf::PT_LOAD);
    let ends = loaded.map(|segment| segment.p_offset(LE).checked_add(segment.p_filesz(LE)));
    ends.collect::<Option<Vec<u64>>>()?.into_iter().max()
}

fn loaded<'a>(
    segment: &elf::ProgramHeader64<LittleEndian>,
    data: &'a [u8],
) -> Result<&'a [u8], Why> {
    let bytes = segment
        .data(LE, data)
        .map_err(|()| Why::Malformed("a segment outside the file"))?;
    let size = usize::try_from(segment.p_memsz(LE)).unwrap_or(usize::MAX);
    Ok(&bytes[..bytes.len().min(size)])
}

/// As many whole entries of a table as the file has at an address.
fn entries<'a, T: pod::Pod>(image: &Image<'a>, address: u64, size: u64) -> &'a [T] {
    let bytes = image.bytes(address);
    let size = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len());
    let count = size / size_of::<T>();
    pod::slice_from_bytes(&bytes[..size], count).map_or(&[], |(entries, _)| entries)
}

fn tables(image: &Image<'_>, dynamic: std::ops::Range<u64>) -> Tables {
    let mut tables = Tables::default();
    let size = dynamic.end - dynamic.start;
    for entry in entries::<elf::Dyn64<LittleEndian>>(image, dynamic.start, size) {
        let value = entry.d_val(LE);
        match entry.d_tag(LE) {
            elf::DT_NULL => break,
            elf::DT_SYMTAB => tables.symbols = value,
            elf::DT_STRTAB => tables.strings = value,
            elf::DT_STRSZ => tables.strings_size = value,
            elf::DT_HASH => tables.hash = value,
            elf::DT_GNU_HASH => tables.gnu_hash = value,
            elf::DT_RELA => tables.relocations[0].0 = value,
            elf::DT_RELASZ => tables.relocations[0].1 = value,
            elf::DT_JMPREL => tables.relocations[1].0 = value,
            elf::DT_PLTRELSZ => tables.relocations[1].1 = value,
            elf::DT_RELR => tables.relative.0 = value,
            elf::DT_INIT => tables.start = value,
            elf::DT_INIT_ARRAY => tables.starters.0 = value,
            elf::DT_INIT_ARRAYSZ => tables.starters.1 = value,
            elf::DT_RELRSZ => tables.relative.1 = value,
            _ => {}
        }
    }
    tables
}

/// The dynamic symbols. No table has their number but DT_HASH; with DT_GNU_HASH alone it is the
/// highest index that a chain reaches, or what lies before the strings.
fn symbols<'a>(image: &Image<'a>, tables: &Tables) -> &'a [Sym] {
    let size = size_of::<Sym>() as u64;
    let count = image
        .raw(tables.hash.wrapping_add(4), 4)
        .filter(|_| tables.hash != 0);
    let count = count.or_else(|| gnu_hash_count(image, tables.gnu_hash));
    let until_strings = tables
        .strings
        .checked_sub(tables.symbols)
        .map(|bytes| bytes / size);
    let count = count.or(until_strings).unwrap_or(0);
    entries(image, tables.symbols, count.saturating_mul(size))
}

fn gnu_hash_count(image: &Image<'_>, table: u64) -> Option<u64> {
    let word = |index: u64| image.raw(table.checked_add(index.checked_mul(4)?)?, 4);
    if table == 0 {
        return None;
    }
    let (buckets, base, bloom) = (word(0)?, word(1)?, word(2)?);
    let first = 4 + 2 * bloom;
    let size = usize::try_from(buckets.saturating_mul(4)).ok()?;
    let bytes = image.bytes(table.checked_add(4 * first)?).get(..size)?;
    let heads = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes));
    let mut last = u64::from(heads.max()?);
    if last < base {
        return Some(base);
    }
    let chains = table.checked_add(4 * (first + buckets))?;
    let chain = image.bytes(chains.checked_add(4 * (last - base))?);
    for bytes in chain.as_chunks::<4>().0 {
        last += 1;
        if u32::from_le_bytes(*bytes) & 1 == 1 {
            return Some(last);
        }
    }
    None
}

/// The bytes that begin with the name of a symbol.
fn from_name<'a>(image: &Image<'a>, tables: &Tables, symbol: &Sym) -> &'a [u8] {
    let offset = u64::from(symbol.st_name(LE));
    if offset >= tables.strings_size {
        return b"";
    }
    let bytes = image.bytes(tables.strings.wrapping_add(offset));
    &bytes[..bytes.len().min(LONGEST_NAME)]
}

/// The name of a symbol.
fn name<'a>(image: &Image<'a>, tables: &Tables, symbol: &Sym) -> &'a [u8] {
    let bytes = from_name(image, tables, symbol);
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn exports(image: &mut Image<'_>, tables: &Tables, symbols: &[Sym]) -> Result<(), Why> {
    if symbols.len() > MOST_SYMBOLS {
        return Err(Why::TooLarge("the number of symbols"));
    }
    for symbol in symbols {
        if symbol.st_shndx(LE) == elf::SHN_UNDEF {
            continue;
        }
        if super::target::is_init(from_name(image, tables, symbol)) {
            let name = name(image, tables, symbol);
            image.init(name, symbol.st_value(LE))?;
        }
    }
    Ok(())
}

fn relocate(image: &mut Image<'_>, tables: &Tables, symbols: &[Sym]) -> Result<(), Why> {
    relative(image, tables.relative)?;
    let mut imported = vec![NOT_READ; symbols.len()];
    for (address, size) in tables.relocations {
        for relocation in entries::<Rela>(image, address, size) {
            let symbol = usize::try_from(relocation.r_sym(LE, false)).unwrap_or(usize::MAX);
            let symbol = symbols.get(symbol).zip(imported.get_mut(symbol));
            match fixup(image, tables, symbol, relocation)? {
                Some(fixup) => image.fix(relocation.r_offset(LE), fixup)?,
                None => image.relocation()?,
            }
        }
    }
    Ok(())
}

/// DT_RELR: an address, then bitmaps of the words after it.
fn relative(image: &mut Image<'_>, (address, size): (u64, u64)) -> Result<(), Why> {
    let words: &[object::endian::U64<LittleEndian>] = entries(image, address, size);
    let mut next: u64 = 0;
    for word in words.iter().map(|word| word.get(LE)) {
        image.relocation()?;
        if word & 1 == 0 {
            relative_word(image, word)?;
            next = word.wrapping_add(8);
            continue;
        }
        for bit in (0..63).filter(|bit| word >> (bit + 1) & 1 == 1) {
            relative_word(image, next.wrapping_add(8 * bit))?;
        }
        next = next.wrapping_add(8 * 63);
    }
    Ok(())
}

/// The addend is in the word itself.
fn relative_word(image: &mut Image<'_>, address: u64) -> Result<(), Why> {
    match image.raw(address, 8) {
        Some(addend) => image.fix(address, Fixup::Address(addend)),
        None => image.relocation(),
    }
}

fn fixup<'a>(
    image: &mut Image<'a>,
    tables: &Tables,
    symbol: Option<(&Sym, &mut Symbol)>,
    relocation: &Rela,
) -> Result<Option<Fixup>, Why> {
    let addend = relocation.r_addend(LE).cast_unsigned();
    let (relative, descriptor, symbolic) = match image.machine {
        Machine::X86_64 => (
            elf::R_X86_64_RELATIVE.0,
            elf::R_X86_64_TLSDESC.0,
            [
                elf::R_X86_64_64.0,
                elf::R_X86_64_GLOB_DAT.0,
                elf::R_X86_64_JUMP_SLOT.0,
            ],
        ),
        Machine::Arm64 => (
            elf::R_AARCH64_RELATIVE.0,
            elf::R_AARCH64_TLSDESC.0,
            [
                elf::R_AARCH64_ABS64.0,
                elf::R_AARCH64_GLOB_DAT.0,
                elf::R_AARCH64_JUMP_SLOT.0,
            ],
        ),
    };
    let kind = relocation.r_type(LE, false).0;
    if kind == relative {
        return Ok(Some(Fixup::Address(addend)));
    }
    if kind == descriptor {
        return Ok(Some(Fixup::Import(image.imports.add(b"__tls_get_addr"))));
    }
    if !symbolic.contains(&kind) {
        return Ok((kind != 0).then_some(Fixup::Opaque));
    }
    let Some((symbol, imported)) = symbol else {
        return Ok(Some(Fixup::Opaque));
    };
    if symbol.st_shndx(LE) != elf::SHN_UNDEF {
        let is_indirect = symbol.st_type() == elf::STT_GNU_IFUNC;
        return Ok(Some(match is_indirect {
            true => Fixup::Opaque,
            false => Fixup::Address(symbol.st_value(LE).wrapping_add(addend)),
        }));
    }
    if *imported == NOT_READ {
        match name(image, tables, symbol) {
            b"" => return Ok(Some(Fixup::Opaque)),
            name => *imported = image.import(name)?,
        }
    }
    Ok(Some(Fixup::Import(*imported)))
}
