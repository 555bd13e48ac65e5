//! PE: sections, the import and export tables, and the relocations.

use super::image::{Fixup, Format, Image, Segment};
use super::target::Machine;
use super::verdict::Why;
use object::pe;
use object::read::pe::{
    ExportTarget, ImageNtHeaders as _, ImageOptionalHeader as _, ImageThunkData as _, PeFile64,
};

/// How many imported functions are read.
const MOST_IMPORTS: usize = 200_000;

/// Reads a PE file of one of the supported machines.
pub(super) fn parse(data: &[u8]) -> Result<Image<'_>, Why> {
    let file = PeFile64::parse(data).map_err(|_| Why::Malformed("the PE headers"))?;
    let machine = match file
        .nt_headers()
        .file_header()
        .machine
        .get(object::LittleEndian)
    {
        pe::IMAGE_FILE_MACHINE_AMD64 => Machine::X86_64,
        pe::IMAGE_FILE_MACHINE_ARM64 => Machine::Arm64,
        _ => return Err(Why::UnsupportedMachine),
    };
    let base = file.nt_headers().optional_header().image_base();
    let mut image = Image::new(machine, Format::Pe, data.len());
    let start = file.nt_headers().optional_header().address_of_entry_point();
    if start != 0 {
        image.starters.push(base.wrapping_add(start.into()));
    }
    sections(&file, data, base, &mut image)?;
    imports(&file, base, &mut image)?;
    exports(&file, base, &mut image)?;
    relocations(&file, data, base, &mut image)?;
    image.finish()
}

fn sections<'a>(
    file: &PeFile64<'a>,
    data: &'a [u8],
    base: u64,
    image: &mut Image<'a>,
) -> Result<(), Why> {
    for section in file.section_table().iter() {
        let (address, size) = section.pe_address_range();
        let bytes = section
            .pe_data(data)
            .map_err(|_| Why::Malformed("a section outside the file"))?;
        let size = u64::from(size).max(u64::from(section.virtual_size.get(object::LittleEndian)));
        let kept = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len());
        let characteristics = section.characteristics.get(object::LittleEndian).0;
        image.map(Segment {
            address: base.wrapping_add(address.into()),
            size,
            bytes: &bytes[..kept],
            executable: characteristics & pe::IMAGE_SCN_MEM_EXECUTE.0 != 0,
            writable: characteristics & pe::IMAGE_SCN_MEM_WRITE.0 != 0,
        })?;
    }
    Ok(())
}

fn imports<'a>(file: &PeFile64<'a>, base: u64, image: &mut Image<'a>) -> Result<(), Why> {
    let malformed = |_| Why::Malformed("the import table");
    let Some(table) = file.import_table().map_err(malformed)? else {
        return Ok(());
    };
    let mut left = MOST_IMPORTS;
    let mut libraries = table.descriptors().map_err(malformed)?;
    while let Some(library) = libraries.next().map_err(malformed)? {
        let first = library.first_thunk.get(object::LittleEndian);
        let names = match library.original_first_thunk.get(object::LittleEndian) {
            0 => first,
            names => names,
        };
        let mut thunks = table.thunks(names).map_err(malformed)?;
        let mut place = base.wrapping_add(first.into());
        while let Some(thunk) = thunks.next::<pe::ImageNtHeaders64>().map_err(malformed)? {
            left = left
                .checked_sub(1)
                .ok_or(Why::TooLarge("the import table"))?;
            let fixup = if thunk.is_ordinal() {
                Fixup::Opaque
            } else {
                let name = import_name(image, base.wrapping_add(thunk.address().into()))?;
                Fixup::Import(image.import(name)?)
            };
            image.fix(place, fixup)?;
            place = place.wrapping_add(8);
        }
    }
    Ok(())
}

/// The name of an imported function, after its number of two bytes. Tools that rename a library
/// move its own name to another section, so that names are looked for in all of them.
fn import_name<'a>(image: &mut Image<'a>, entry: u64) -> Result<&'a [u8], Why> {
    let bytes = image.bytes(entry.wrapping_add(2));
    match bytes.iter().position(|byte| *byte == 0) {
        Some(length @ 1..) => image.name(&bytes[..length]),
        _ => Err(Why::Malformed("the import table")),
    }
}

fn exports<'a>(file: &PeFile64<'a>, base: u64, image: &mut Image<'a>) -> Result<(), Why> {
    let malformed = |_| Why::Malformed("the export table");
    let Some(table) = file.export_table().map_err(malformed)? else {
        return Ok(());
    };
    for (pointer, index) in table.name_iter() {
        let name = image.name(table.name_from_pointer(pointer).map_err(malformed)?)?;
        if !super::target::is_init(name) {
            continue;
        }
        let target = table.target_by_index(index).map_err(malformed)?;
        if let ExportTarget::Address(address) = target {
            image.init(name, base.wrapping_add(address.into()))?;
        }
    }
    Ok(())
}

/// The words that hold addresses; they are right where the file wants to be loaded.
fn relocations(
    file: &PeFile64<'_>,
    data: &[u8],
    base: u64,
    image: &mut Image<'_>,
) -> Result<(), Why> {
    let malformed = |_| Why::Malformed("the relocations");
    let directories = file.data_directories();
    let blocks = directories
        .relocation_blocks(data, &file.section_table())
        .map_err(malformed)?;
    let Some(mut blocks) = blocks else {
        return Ok(());
    };
    while let Some(block) = blocks.next().map_err(malformed)? {
        for relocation in block {
            let address = base.wrapping_add(relocation.virtual_address.into());
            match image.raw(address, 8) {
                Some(value) if relocation.typ == pe::IMAGE_REL_BASED_DIR64 => {
                    image.fix(address, Fixup::Address(value))?;
                }
                _ => image.relocation()?,
            }
        }
    }
    Ok(())
}
