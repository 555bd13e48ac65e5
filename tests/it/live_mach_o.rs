//! Signatures and install names beside those of Apple's tools, on the wheels of PyPI: some of their
//! libraries were signed by `codesign --sign -` on a Mac, the others by Apple's linker.

use crate::support::live::require_live;
use crate::support::tools::{from_pypi, run};
use ftpy::mach_o::{set_install_name, sign};
use std::path::{Path, PathBuf};

/// Wheels with files of both kinds, for one machine and for two.
const WHEELS: [(&str, &str); 3] = [
    ("numpy==2.3.4", "macosx_11_0_arm64"),
    ("pyzmq==27.1.0", "macosx_10_15_universal2"),
    ("pillow==12.0.0", "macosx_11_0_arm64"),
];

/// What is needed of a signature to tell who made it. Positions of `cs_blobs.h`.
struct Signature {
    /// Without the rest of its place, which belongs to nothing: codesign leaves bytes of its own
    /// work there.
    at: std::ops::Range<usize>,
    rest: std::ops::Range<usize>,
    is_of_linker: bool,
}

#[test]
#[ignore = "live: needs PyPI"]
fn live_signatures_are_those_of_codesign_and_of_the_linker_byte_for_byte() {
    require_live();
    let home = tempfile::tempdir().expect("tempdir");
    let (mut of_codesign, mut of_linker) = (0, 0);
    for file in libraries(home.path()) {
        let mut original = std::fs::read(&file).expect("read");
        for signature in signatures(&original) {
            original[signature.rest].fill(0);
        }
        let name = file.file_name().expect("a name").to_string_lossy();
        let mut emptied = original.clone();
        for signature in signatures(&original) {
            match signature.is_of_linker {
                // Where codesign signed, nothing is left: neither the identifier nor the digests.
                false => emptied[signature.at].fill(0),
                true => break_digests(&mut emptied[signature.at]),
            }
            of_linker += i32::from(signature.is_of_linker);
            of_codesign += i32::from(!signature.is_of_linker);
        }
        assert!(emptied != original, "{name} has no signature");
        sign(&mut emptied, &name).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let differ = emptied
            .iter()
            .zip(&original)
            .position(|(ours, theirs)| ours != theirs);
        assert_eq!(differ, None, "{name}: the first byte that differs");
    }
    assert!(of_codesign >= 30 && of_linker >= 15);
}

#[test]
#[ignore = "live: needs PyPI, and llvm-objdump of Debian's llvm"]
fn live_install_names_are_read_back_by_llvm() {
    require_live();
    let home = tempfile::tempdir().expect("tempdir");
    let mut seen = 0;
    for file in libraries(home.path()) {
        if file
            .extension()
            .is_none_or(|extension| extension != "dylib")
        {
            continue;
        }
        let new = "/a/prefix/that/is/long/enough/lib/library.dylib";
        let mut bytes = std::fs::read(&file).expect("read");
        set_install_name(&mut bytes, new).expect("set");
        sign(&mut bytes, "library.dylib").expect("signed");
        std::fs::write(&file, bytes).expect("write");
        let path = file.display().to_string();
        let shown = run(
            "llvm-objdump",
            &["--macho", "--dylib-id", "--universal-headers", &path],
            home.path(),
        );
        assert_eq!(shown.code, Some(0), "{shown:#?}");
        assert!(shown.stdout.contains(new), "{shown:#?}");
        // The other commands are still there, as LLVM reads them.
        let shown = run(
            "llvm-objdump",
            &["--macho", "--all-headers", &path],
            home.path(),
        );
        assert!(shown.stdout.contains("LC_CODE_SIGNATURE"), "{shown:#?}");
        assert_eq!(shown.stderr, "");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

/// Downloads the wheels and returns the paths of their libraries and modules.
fn libraries(home: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // For its pip; the package is a small one.
    let pip = from_pypi(home, &["wheel"])
        .join("pip")
        .display()
        .to_string();
    let wheels = home.join("wheels");
    std::fs::create_dir(&wheels).expect("mkdir");
    for (package, platform) in WHEELS {
        let arguments = [
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            ".",
            "--python-version",
            "3.14",
            "--abi",
            "cp314t",
            "--implementation",
            "cp",
        ];
        let arguments = [&arguments[..], &["--platform", platform, package]].concat();
        let done = run(&pip, &arguments, &wheels);
        assert_eq!(done.code, Some(0), "{done:#?}");
    }
    let script = "import glob, zipfile\nfor name in glob.glob('*.whl'): zipfile.ZipFile(name).extractall(name + '.d')";
    let done = run("python3", &["-c", script], &wheels);
    assert_eq!(done.code, Some(0), "{done:#?}");
    let mut directories = vec![wheels];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            let extension = path.extension().unwrap_or_default();
            if path.is_dir() {
                directories.push(path);
            } else if extension == "so" || extension == "dylib" {
                found.push(path);
            }
        }
    }
    found
}

/// The signatures of all parts of a file, found without ftpy's code.
fn signatures(bytes: &[u8]) -> Vec<Signature> {
    let big = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("4")) as usize;
    let parts = match bytes.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) {
        true => (0..big(4)).map(|part| big(8 + 20 * part + 8)).collect(),
        false => vec![0],
    };
    let mut found = Vec::new();
    for part in parts {
        let little = |at: usize| {
            let at = part + at;
            u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4")) as usize
        };
        let mut at = 32;
        for _ in 0..little(16) {
            if little(at) == 0x1d {
                let start = part + little(at + 8);
                let directory = start + big(start + 16);
                found.push(Signature {
                    at: start..start + big(start + 4),
                    rest: start + big(start + 4)..start + little(at + 12),
                    is_of_linker: big(directory + 12) & 0x2_0000 != 0,
                });
            }
            at += little(at + 4);
        }
    }
    found
}

/// Overwrites the digests of a signature that has nothing but a directory of them.
fn break_digests(signature: &mut [u8]) {
    let number =
        |at: usize| u32::from_be_bytes(signature[at..at + 4].try_into().expect("4")) as usize;
    let directory = number(16);
    let (from, pages) = (directory + number(directory + 16), number(directory + 28));
    signature[from..from + 32 * pages].fill(0);
}
