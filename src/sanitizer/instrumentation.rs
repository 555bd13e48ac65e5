//! Evidence that a sanitizer was active: a run counts as clean only if an instrumented interpreter
//! ran, and modules compiled without the sanitizer are listed, because errors in them are not
//! detected.
//!
//! `report_hook.c` writes one file per process:
//!
//! ```text
//! python.alive.4711     the names of all libraries of the process, one per line
//! ```

use crate::sanitizer::options::Sanitizer;
use crate::sanitizer::report::SanitizerReport;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The evidence left by all processes of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Alive {
    /// The number of processes.
    pub(super) processes: usize,
    /// The libraries they loaded.
    pub(super) libraries: BTreeSet<PathBuf>,
}

impl Alive {
    /// Completes the paths of extension modules, of which a report only has the last part.
    pub(super) fn name_modules(&self, report: &mut SanitizerReport) {
        let frames = report.stacks.iter_mut().flat_map(|stack| &mut stack.frames);
        let modules = frames.filter_map(|frame| frame.module.as_mut());
        for module in modules.filter(|module| module.ends_with(".so")) {
            let name = OsStr::new(module.as_str());
            let has_name = |path: &&PathBuf| path.file_name() == Some(name);
            let mut named = self.libraries.iter().filter(has_name);
            if let (Some(path), None) = (named.next(), named.next()) {
                *module = path.display().to_string();
            }
        }
    }
}

/// A symbol of interpreters that leave evidence; builds by earlier versions of ftpy do not.
const MARK: &[u8] = b"\0ftpy_report_hook\0";

/// Whether an interpreter leaves evidence; `false` if it cannot be read.
pub(super) fn has_sign(interpreter: &Path) -> bool {
    symbols(interpreter).is_some_and(|symbols| has(&symbols, MARK))
}

/// Reads the evidence in a directory.
pub(super) fn read(directory: &Path) -> Alive {
    let mut alive = Alive::default();
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with("python.alive.") {
            continue;
        }
        alive.processes += 1;
        let text = std::fs::read(entry.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines = text.lines().filter(|line| line.starts_with('/'));
        alive.libraries.extend(lines.map(PathBuf::from));
    }
    alive
}

/// The libraries that Python loaded as modules, or that such a module brought along, and that are
/// not instrumented. Those of the installation at `prefix` are.
pub(super) fn not_instrumented(
    libraries: &BTreeSet<PathBuf>,
    sanitizers: &[Sanitizer],
    prefix: &Path,
) -> Vec<PathBuf> {
    // Each instrumented file calls this when it is loaded. UBSan has no such call.
    let call: &[u8] = match sanitizers.first() {
        Some(Sanitizer::Thread) => b"\0__tsan_init\0",
        Some(Sanitizer::Address) => b"\0__asan_init\0",
        Some(Sanitizer::Undefined) => b"\0__ubsan_handle_",
        None => return Vec::new(),
    };
    let prefix = prefix.canonicalize().unwrap_or_else(|_| prefix.to_owned());
    let is_own = |path: &Path| {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        path.starts_with(&prefix) && is_below(&path, "lib-dynload")
    };
    let of_python = libraries.iter().filter(|path| !is_own(path));
    let without = of_python.filter(|path| {
        let Some(symbols) = symbols(path) else {
            return false;
        };
        !has(&symbols, call) && (has(&symbols, b"\0PyInit_") || came_with_one(path))
    });
    without.cloned().collect()
}

fn is_below(path: &Path, directory: &str) -> bool {
    path.components().any(|part| part.as_os_str() == directory)
}

/// `site-packages/numpy.libs/libopenblas.so`
fn came_with_one(path: &Path) -> bool {
    is_below(path, "site-packages") || is_below(path, "dist-packages")
}

/// The names of a library's exported and imported symbols, each between two NULs; `None` if it is
/// not a 64-bit ELF file for Linux. Reads nothing else, because a library may be large.
///
/// From the ELF specification: the header contains the offset of the section table, where the
/// section of dynamic symbols (11) refers to the section with their names.
/// of dynamic symbols (11) the table says which other one has its names.
fn symbols(path: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(path).ok()?;
    let mut piece = |offset: u64, length: u64| -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(offset)).ok()?;
        file.by_ref().take(length).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let header = piece(0, 64)?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (size, many) = (number(&header, 58, 2)?, number(&header, 60, 2)?);
    let table = piece(number(&header, 40, 8)?, size.checked_mul(many)?)?;
    let mut sections = table.chunks(usize::try_from(size).ok().filter(|size| *size > 0)?);
    let of_symbols = sections.find(|section| number(section, 4, 4) == Some(11))?;
    let of_names = number(of_symbols, 40, 4)?.checked_mul(size)?;
    let of_names = table.get(usize::try_from(of_names).ok()?..)?;
    piece(number(of_names, 24, 8)?, number(of_names, 32, 8)?)
}

/// Reads a little-endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?.iter().rev();
    Some(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|part| part == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_writes_what_this_module_looks_for() {
        let hook = include_bytes!("../compile/report_hook.c");
        assert!(has(hook, b"const char ftpy_report_hook[]") && has(hook, b"\".alive\""));
    }

    /// A library with only names: its header, the names, and two sections.
    fn library(names: &[u8]) -> Vec<u8> {
        let number = |number: usize, length: usize| number.to_le_bytes()[..length].to_vec();
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(40, 0);
        bytes.extend(number(64 + names.len(), 8));
        bytes.resize(58, 0);
        bytes.extend([number(64, 2), number(2, 2), number(0, 2)].concat());
        bytes.extend(names);
        let mut of_names = vec![0; 64];
        of_names[4] = 3;
        of_names[24..40].copy_from_slice(&[number(64, 8), number(names.len(), 8)].concat());
        let mut of_symbols = vec![0; 64];
        of_symbols[4] = 11;
        bytes.extend([of_names, of_symbols].concat());
        bytes
    }

    #[test]
    fn a_file_that_is_not_a_library_has_no_symbols() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("x");
        let whole = library(b"\0a\0");
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("write");
            let _ = symbols(&path);
        }
        std::fs::write(&path, &whole).expect("write");
        assert_eq!(symbols(&path).as_deref(), Some(&b"\0a\0"[..]));
        std::fs::write(&path, "#!/bin/sh\n").expect("write");
        assert_eq!(symbols(&path), None);
        assert!(!has_sign(&path));
        std::fs::write(&path, library(b"\0ftpy_report_hook\0")).expect("write");
        assert!(has_sign(&path));
    }

    #[test]
    fn a_module_without_instrumentation_is_named() {
        let directory = tempfile::tempdir().expect("directory");
        let write = |name: &str, text: &[u8]| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("create");
            std::fs::write(&path, library(text)).expect("write");
            path
        };
        let seen = write("a.so", b"\0__tsan_init\0PyInit_a\0");
        let unseen = write(
            "b.cpython-314t-x86_64-linux-gnu.so",
            b"\0PyInit_b\0__tsan_acquire\0",
        );
        let beside = write("site-packages/b.libs/libc.so", b"\0malloc\0");
        let system = write("libm.so.6", b"\0sin\0");
        let own = write("py/lib/python3.14t/lib-dynload/c.so", b"\0PyInit_c\0");
        let gone = directory.path().join("gone.so");
        let all = [&seen, &unseen, &beside, &system, &own, &gone];
        let names = all.map(|path| format!("{}\n", path.display())).concat();
        let left = directory.path().join("left");
        std::fs::create_dir(&left).expect("create");
        std::fs::write(left.join("python.alive.7"), names).expect("write");
        std::fs::write(left.join("python.alive.8"), "").expect("write");
        std::fs::write(left.join("python.7"), "report\n").expect("write");
        let alive = read(&left);
        assert_eq!((alive.processes, alive.libraries.len()), (2, 6));
        let prefix = directory.path().join("py");
        let named = not_instrumented(&alive.libraries, &[Sanitizer::Thread], &prefix);
        assert_eq!(named, [unseen, beside]);
    }
}
