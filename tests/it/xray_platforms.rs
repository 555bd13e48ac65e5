//! The GIL X-ray on modules that were built for each platform: tests/fixtures/xray/built.

use ftpy::xray::{Machine, ModuleFile, Report, Verdict, Why, examine, examine_for};
use std::path::{Path, PathBuf};

const MODULE: &str = "x.cpython-314t-darwin.so";
const EXPORT: &str = "x.cpython-315t-darwin.so";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xray/built")
}

fn built(name: &str) -> Vec<u8> {
    std::fs::read(directory().join(name)).expect("a built module")
}

fn file(name: &str) -> ModuleFile {
    ModuleFile::parse(name).expect("a module's name")
}

fn judged(bytes: &[u8]) -> Report {
    examine(bytes, &file(MODULE), None)
}

#[test]
fn xray_judges_modules_of_every_platform_as_it_does_those_of_linux() {
    let mut seen = 0;
    for entry in std::fs::read_dir(directory())
        .expect("the modules")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let expected = match name.split('-').next() {
            Some("off" | "declared" | "exported" | "guarded" | "checked") => Verdict::KeepsOff,
            Some("on" | "late") => Verdict::TurnsOn,
            _ => continue,
        };
        let module = if name.starts_with("exported") {
            EXPORT
        } else {
            MODULE
        };
        let report = examine(&built(&name), &file(module), None);
        assert_eq!(report.verdict, expected, "{name}: {report:?}");
        seen += 1;
    }
    assert_eq!(seen, 30);
}

#[test]
fn xray_finds_names_of_imports_apart_from_the_name_of_their_library() {
    let mut module = built("off-x86_64-windows.pyd");
    let name = b"python3t.dll\0";
    let mut places = module.windows(name.len());
    let old = places.position(|place| place == name).expect("the name");
    module[old..old + name.len()].fill(b'x');
    assert_eq!(judged(&moved(module, name)).verdict, Verdict::KeepsOff);
}

/// Puts the name of the only imported library at the end of the last section.
fn moved(mut module: Vec<u8>, name: &[u8]) -> Vec<u8> {
    let word = |module: &[u8], at: usize| {
        let bytes = module[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize
    };
    let header = word(&module, 0x3c);
    let sections = usize::from(module[header + 6]);
    let first = header + 24 + usize::from(module[header + 20]);
    let section = |index: usize| first + 40 * index;
    let last = section(sections - 1);
    let (size, address, kept, at) = (last + 8, last + 12, last + 16, last + 20);
    let table = word(&module, header + 24 + 120);
    let holder = (0..sections).map(section).find(|section| {
        let start = word(&module, section + 12);
        (start..start + word(&module, section + 16)).contains(&table)
    });
    let holder = holder.expect("the section of the import table");
    let entry = table - word(&module, holder + 12) + word(&module, holder + 20);
    let end = word(&module, size);
    let place = word(&module, at) + end;
    assert!(
        end + name.len() <= word(&module, kept),
        "no room for the name"
    );
    module[place..place + name.len()].copy_from_slice(name);
    let new = (word(&module, address) + end) as u32;
    module[entry + 12..entry + 16].copy_from_slice(&new.to_le_bytes());
    let grown = (end + name.len()) as u32;
    module[size..size + 4].copy_from_slice(&grown.to_le_bytes());
    module
}

/// A universal file of a part for x86-64 and one for arm64, at multiples of 16 KiB.
fn universal(intel: &[u8], arm: &[u8]) -> Vec<u8> {
    let place = |number: usize| number.next_multiple_of(1 << 14);
    let second = place(place(1) + intel.len());
    let parts = [
        (0x0100_0007_u32, 3_u32, place(1), intel),
        (0x0100_000c, 0, second, arm),
    ];
    let mut fat = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2];
    for (machine, kind, at, part) in parts {
        for word in [machine, kind, at as u32, part.len() as u32, 14] {
            fat.extend(word.to_be_bytes());
        }
    }
    for (_, _, at, part) in parts {
        fat.resize(at, 0);
        fat.extend(part);
    }
    fat
}

#[test]
fn xray_judges_the_part_of_a_universal_file_that_is_asked_for() {
    let (off, on) = (built("off-x86_64-macos.so"), built("on-aarch64-macos.so"));
    let fat = universal(&off, &on);
    let part = |machine| examine_for(machine, &fat, &file(MODULE), None).verdict;
    assert_eq!(part(Machine::X86_64), Verdict::KeepsOff);
    assert_eq!(part(Machine::Arm64), Verdict::TurnsOn);
    // Without a machine, both parts have to agree.
    assert_eq!(judged(&fat).verdict, Verdict::Undetermined(Why::Depends));
    let agreed = universal(&off, &built("off-aarch64-macos.so"));
    assert_eq!(judged(&agreed).verdict, Verdict::KeepsOff);
    let other = examine_for(Machine::Arm64, &off, &file(MODULE), None).verdict;
    assert_eq!(other, Verdict::Undetermined(Why::OtherMachine));
}

#[test]
fn xray_finds_the_init_function_in_the_export_trie_alone() {
    for (name, expected) in [
        ("off-x86_64-macos.so", Verdict::KeepsOff),
        ("on-aarch64-macos.so", Verdict::TurnsOn),
    ] {
        let mut module = built(name);
        // LC_SYMTAB, 24 bytes long: its number of symbols is the fourth word.
        let command = [2, 0, 0, 0, 24, 0, 0, 0];
        let at = module.windows(8).position(|bytes| bytes == command);
        let at = at.expect("a symbol table");
        module[at + 12..at + 16].fill(0);
        assert_eq!(judged(&module).verdict, expected, "{name}");
    }
}

#[test]
fn xray_survives_modules_of_every_platform_cut_or_with_extreme_numbers() {
    for name in [
        "off-x86_64-macos.so",
        "declared-aarch64-windows.pyd",
        "exported-x86_64-windows.pyd",
        "declared-aarch64-linux.so",
    ] {
        let module = built(name);
        for length in (0..module.len()).step_by(97) {
            judged(&module[..length]);
        }
        for at in (0..module.len().min(4096) - 8).step_by(4) {
            for number in [u64::MAX, 1 << 63, 1 << 32, at as u64] {
                let mut broken = module.clone();
                broken[at..at + 8].copy_from_slice(&number.to_le_bytes());
                judged(&broken);
            }
        }
    }
}
