//! Mach-O: segments, symbols, and both ways of telling the loader what to store where.

use super::image::{Fixup, Format, Image, LONGEST_NAME, Machine, Segment};
use super::verdict::Why;
use object::read::macho::{
    FatArch as _, Fixup as Chained, LoadCommandVariant, MachHeader as _, MachOFatFile32,
    MachOFatFile64, Nlist as _, Segment as _,
};
use object::{Endianness, macho};

type Header = macho::MachHeader64<Endianness>;

/// How many symbols are looked at.
const MOST_SYMBOLS: usize = 1_000_000;

/// Whether a file begins as Mach-O files do.
pub(super) fn recognises(data: &[u8]) -> bool {
    matches!(data, [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..])
}

/// The parts of a fat file whose machine is supported, or `None` if the file is not fat.
pub(super) fn slices(data: &[u8]) -> Option<Result<Vec<&[u8]>, Why>> {
    let malformed = |_| Why::Malformed("the fat header");
    let supported =
        |kind: macho::CpuType| matches!(kind, macho::CPU_TYPE_X86_64 | macho::CPU_TYPE_ARM64);
    let slices = match data {
        [0xca, 0xfe, 0xba, 0xbe, ..] => MachOFatFile32::parse(data).and_then(|file| {
            let arches = file
                .arches()
                .iter()
                .filter(|arch| supported(arch.cputype()))
                .take(4);
            arches
                .map(|arch| arch.data(data))
                .collect::<Result<Vec<_>, _>>()
        }),
        [0xca, 0xfe, 0xba, 0xbf, ..] => MachOFatFile64::parse(data).and_then(|file| {
            let arches = file
                .arches()
                .iter()
                .filter(|arch| supported(arch.cputype()))
                .take(4);
            arches
                .map(|arch| arch.data(data))
                .collect::<Result<Vec<_>, _>>()
        }),
        _ => return None,
    };
    Some(slices.map_err(malformed))
}

/// What the load commands say.
#[derive(Default)]
struct Commands<'a> {
    /// Address and bytes of each segment, in the order that the loader counts them.
    segments: Vec<(u64, &'a [u8])>,
    symbols: Option<&'a macho::SymtabCommand<Endianness>>,
    info: Option<&'a macho::DyldInfoCommand<Endianness>>,
    chained: Option<&'a macho::LinkeditDataCommand<Endianness>>,
}

/// Reads a Mach-O file of one of the supported machines.
pub(super) fn parse(data: &[u8]) -> Result<Image<'_>, Why> {
    let malformed = |_| Why::Malformed("the load commands");
    let header = Header::parse(data, 0).map_err(|_| Why::UnsupportedMachine)?;
    let endian = header.endian().map_err(malformed)?;
    let machine = match header.cputype(endian) {
        macho::CPU_TYPE_X86_64 => Machine::X86_64,
        macho::CPU_TYPE_ARM64 => Machine::Arm64,
        _ => return Err(Why::UnsupportedMachine),
    };
    let mut image = Image::new(machine, Format::MachO, data.len());
    let mut commands = Commands::default();
    let mut all = header.load_commands(endian, data, 0).map_err(malformed)?;
    while let Some(command) = all.next().map_err(malformed)? {
        match command.variant().map_err(malformed)? {
            LoadCommandVariant::Segment64(segment, _) => {
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
                })?;
            }
            LoadCommandVariant::Symtab(symbols) => commands.symbols = Some(symbols),
            LoadCommandVariant::DyldInfo(info) => commands.info = Some(info),
            LoadCommandVariant::LinkeditData(part)
                if command.cmd() == macho::LC_DYLD_CHAINED_FIXUPS =>
            {
                commands.chained = Some(part);
            }
            _ => {}
        }
    }
    symbols(data, endian, &commands, &mut image)?;
    classic(data, endian, &commands, &mut image)?;
    chained(data, endian, &commands, &mut image)?;
    Ok(image.finish())
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
    for bind in bindings {
        let bind = bind.map_err(malformed)?;
        let address = place(bind.segment_index, bind.segment_offset)?;
        let name = &bind.symbol[..bind.symbol.len().min(LONGEST_NAME)];
        let symbol = image.imports.add(plain(name));
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
        let name = image.name(import.map_err(malformed)?.name)?;
        symbols.push(image.imports.add(plain(name)));
    }
    let base = commands
        .segments
        .iter()
        .find(|(_, bytes)| !bytes.is_empty());
    let base = base.map_or(0, |(address, _)| *address);
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
