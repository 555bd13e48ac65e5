//! Why the system does not load a program: it is for another machine, or a library is missing.
//!
//! The second is recognised in the text of the loader's error. An interpreter that needs
//! `LD_LIBRARY_PATH` or environment modules fails like this, because the probe starts it in an
//! empty environment.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Returns what a program is for, and what this machine is instead.
pub(super) fn foreign_machine(program: &Path) -> Option<(String, String)> {
    let mut head = [0; 20];
    File::open(program).ok()?.read_exact(&mut head).ok()?;
    let system = match std::env::consts::OS {
        "macos" => "macOS",
        "windows" => "Windows",
        _ => "Linux",
    };
    let needed = machine(&head)?;
    let own = match needed.contains(" on ") {
        true => format!("{system} on {}", std::env::consts::ARCH),
        false => system.to_owned(),
    };
    (needed != own).then_some((needed, own))
}

/// Reads the system, and the processor if it is known, from the first bytes of a program.
fn machine(head: &[u8; 20]) -> Option<String> {
    let system = match head {
        [0x7f, b'E', b'L', b'F', _, 1, ..] => {
            // The numbers of the ELF specification, and Rust's names for the processors.
            let processor = match u16::from_le_bytes([head[18], head[19]]) {
                3 => "x86",
                40 => "arm",
                62 => "x86_64",
                183 => "aarch64",
                243 => "riscv64",
                _ => return None,
            };
            return Some(format!("Linux on {processor}"));
        }
        [0xcf, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => "macOS",
        [b'M', b'Z', ..] => "Windows",
        _ => return None,
    };
    Some(system.to_owned())
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
            machine(&head).unwrap_or_default()
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
