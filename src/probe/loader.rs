//! Why the system does not load a program: it is for another machine, or a library is missing.
//!
//! The second is recognised in the text of the loader's error. An interpreter that needs
//! `LD_LIBRARY_PATH` or environment modules fails like this, because the probe starts it in an
//! empty environment.

use object::elf;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The system that a program is for, and the processor if it is known.
type Machine = (&'static str, Option<&'static str>);

/// Returns what a program is for, and what this machine is instead.
pub(super) fn foreign_machine(program: &Path) -> Option<(String, String)> {
    let mut head = [0; 20];
    File::open(program).ok()?.read_exact(&mut head).ok()?;
    let (system, processor) = machine(&head)?;
    let own_system = match std::env::consts::OS {
        "macos" => "macOS",
        "windows" => "Windows",
        _ => "Linux",
    };
    let own = (own_system, processor.map(|_| std::env::consts::ARCH));
    ((system, processor) != own).then(|| (words((system, processor)), words(own)))
}

fn words((system, processor): Machine) -> String {
    match processor {
        Some(processor) => format!("{system} on {processor}"),
        None => system.to_owned(),
    }
}

/// Reads the machine from the first bytes of a program.
fn machine(head: &[u8; 20]) -> Option<Machine> {
    Some(match head {
        [0x7f, b'E', b'L', b'F', _, 1, ..] => {
            // By Rust's names for the processors.
            let processor = match elf::Machine(u16::from_le_bytes([head[18], head[19]])) {
                elf::EM_386 => "x86",
                elf::EM_ARM => "arm",
                elf::EM_X86_64 => "x86_64",
                elf::EM_AARCH64 => "aarch64",
                elf::EM_RISCV => "riscv64",
                _ => return None,
            };
            ("Linux", Some(processor))
        }
        [0xcf, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => ("macOS", None),
        [b'M', b'Z', ..] => ("Windows", None),
        _ => return None,
    })
}

/// Returns the library that the loader did not find, if a text is about one.
#[must_use]
pub fn missing_library(text: &str) -> Option<&str> {
    const WORDS: [(&str, &[&str]); 3] = [
        // glibc
        ("error while loading shared libraries: ", &[": "]),
        // musl
        ("Error loading shared library ", &[": "]),
        // macOS
        ("Library not loaded: ", &["\n", ", "]),
    ];
    WORDS.iter().find_map(|(before, behind)| {
        let (_, rest) = text.split_once(before)?;
        let ends = behind.iter().filter_map(|behind| rest.find(behind));
        let library = &rest[..ends.min().unwrap_or(rest.len())];
        (!library.is_empty()).then_some(library)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_which_machine_it_is_for() {
        let of = |start: &[u8], processor: u8| {
            let mut head = [0; 20];
            head[..start.len()].copy_from_slice(start);
            head[18] = processor;
            machine(&head).map(words).unwrap_or_default()
        };
        assert_eq!(of(b"\x7fELF\x02\x01", 183), "Linux on aarch64");
        assert_eq!(of(b"\x7fELF\x02\x01", 62), "Linux on x86_64");
        assert_eq!(of(b"\x7fELF\x02\x02", 62), "");
        assert_eq!(of(b"\xcf\xfa\xed\xfe", 0), "macOS");
        assert_eq!(of(b"#!/bin/sh", 62), "");
        let own = std::env::current_exe().expect("this test");
        assert_eq!(foreign_machine(&own), None);
    }

    #[test]
    fn every_loader_is_understood() {
        for (text, library) in [
            (
                "exit status: 127, /o/python: error while loading shared libraries: \
                 libpython3.14t.so.1.0: cannot open shared object file: No such file or directory",
                Some("libpython3.14t.so.1.0"),
            ),
            (
                "Error loading shared library libfoo.so.1: No such file or directory (needed by \
                 /o/python)",
                Some("libfoo.so.1"),
            ),
            (
                "dyld[7]: Library not loaded: @rpath/libpython3.14t.dylib",
                Some("@rpath/libpython3.14t.dylib"),
            ),
            ("ModuleNotFoundError: No module named 'encodings'", None),
        ] {
            assert_eq!(missing_library(text), library, "{text}");
        }
    }
}
