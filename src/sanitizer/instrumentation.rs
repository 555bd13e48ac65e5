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
use object::elf::{FileHeader64, SHT_DYNSYM};
use object::read::elf::{FileHeader, Sym};
use object::{LittleEndian, ReadCache};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
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
const MARK: &str = "ftpy_report_hook";

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
    let Some(sanitizer) = sanitizers.first() else {
        return Vec::new();
    };
    // Each instrumented file calls this when it is loaded. UBSan has no such call.
    let is_instrumented = |symbols: &BTreeSet<Vec<u8>>| match sanitizer {
        Sanitizer::Thread => has(symbols, "__tsan_init"),
        Sanitizer::Address => has(symbols, "__asan_init"),
        Sanitizer::Undefined => has_some(symbols, "__ubsan_handle_"),
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
        !is_instrumented(&symbols) && (has_some(&symbols, "PyInit_") || came_with_one(path))
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

/// The names of the symbols that a program or library has for others, or wants of them; `None`
/// where it is not one of 64 bits for Linux. Only they are read: a library may be large.
fn symbols(path: &Path) -> Option<BTreeSet<Vec<u8>>> {
    let data = ReadCache::new(File::open(path).ok()?);
    let header = FileHeader64::<LittleEndian>::parse(&data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, &data).ok()?;
    let symbols = sections.symbols(endian, &data, SHT_DYNSYM).ok()?;
    let names = symbols
        .iter()
        .map(|symbol| symbol.name(endian, symbols.strings()));
    // The first symbol of each table has no name.
    let names = names.filter_map(|name| Some(name.ok()?.to_vec()));
    let names = names.filter(|name| !name.is_empty());
    (!symbols.is_empty()).then(|| names.collect())
}

fn has(symbols: &BTreeSet<Vec<u8>>, name: &str) -> bool {
    symbols.contains(name.as_bytes())
}

fn has_some(symbols: &BTreeSet<Vec<u8>>, beginning: &str) -> bool {
    let mut from = symbols.range(beginning.as_bytes().to_vec()..);
    from.next()
        .is_some_and(|name| name.starts_with(beginning.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_writes_what_this_module_looks_for() {
        let hook = include_str!("../compile/report_hook.c");
        assert!(hook.contains(&format!("const char {MARK}[]")) && hook.contains("\".alive\""));
    }

    /// A library with nothing but symbols: a header, their names, themselves, and the sections of
    /// both behind the empty one that comes first.
    fn library(names: &[&str]) -> Vec<u8> {
        let number = |number: usize, length: usize| number.to_le_bytes()[..length].to_vec();
        let mut strings = vec![0];
        let mut symbols = vec![0; 24];
        for name in names {
            symbols.extend(number(strings.len(), 4));
            symbols.extend([0x12, 0, 1, 0].iter().chain(&[0; 16]));
            strings.extend([name.as_bytes(), b"\0"].concat());
        }
        strings.resize(strings.len().next_multiple_of(8), 0);
        let at = |after: &[usize]| 64 + after.iter().sum::<usize>();
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(16, 0);
        bytes.extend([number(3, 2), number(62, 2), number(1, 4)].concat());
        bytes.resize(40, 0);
        bytes.extend(number(at(&[strings.len(), symbols.len()]), 8));
        bytes.resize(52, 0);
        bytes.extend([number(64, 2), number(0, 4), number(64, 2)].concat());
        bytes.extend([number(3, 2), number(1, 2)].concat());
        let section = |kind: usize, offset: usize, size: usize, link: usize, entry: usize| {
            let mut section = [number(0, 4), number(kind, 4)].concat();
            section.resize(24, 0);
            section.extend([number(offset, 8), number(size, 8), number(link, 4)].concat());
            section.resize(56, 0);
            section.extend(number(entry, 8));
            section
        };
        let (of_strings, of_symbols) = (
            section(3, at(&[]), strings.len(), 0, 0),
            section(11, at(&[strings.len()]), symbols.len(), 1, 24),
        );
        [bytes, strings, symbols, vec![0; 64], of_strings, of_symbols].concat()
    }

    #[test]
    fn a_file_that_is_not_a_library_has_no_symbols() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("x");
        let whole = library(&["a"]);
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("write");
            let _ = symbols(&path);
        }
        std::fs::write(&path, &whole).expect("write");
        assert_eq!(symbols(&path), Some(BTreeSet::from([b"a".to_vec()])));
        std::fs::write(&path, "#!/bin/sh\n").expect("write");
        assert_eq!(symbols(&path), None);
        assert!(!has_sign(&path));
        std::fs::write(&path, library(&["ftpy_report_hook"])).expect("write");
        assert!(has_sign(&path));
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_real_program_wants_symbols_of_libc() {
        let own = symbols(Path::new("/proc/self/exe")).expect("an ELF program");
        assert!(has(&own, "__libc_start_main"), "{}", own.len());
        assert!(!has(&own, "__libc_start") && has_some(&own, "__libc_start"));
    }

    #[test]
    fn a_module_without_instrumentation_is_named() {
        let directory = tempfile::tempdir().expect("directory");
        let write = |name: &str, names: &[&str]| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("create");
            std::fs::write(&path, library(names)).expect("write");
            path
        };
        let seen = write("a.so", &["__tsan_init", "PyInit_a"]);
        let unseen = write(
            "b.cpython-314t-x86_64-linux-gnu.so",
            &["PyInit_b", "__tsan_acquire"],
        );
        let beside = write("site-packages/b.libs/libc.so", &["malloc"]);
        let system = write("libm.so.6", &["sin"]);
        let own = write("py/lib/python3.14t/lib-dynload/c.so", &["PyInit_c"]);
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
