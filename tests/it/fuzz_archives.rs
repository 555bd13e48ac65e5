//! Broken archives and conda files: nothing panics, nothing is written outside, and neither bytes
//! nor time exceed their limits.

use crate::support::archives::{ArchiveBuilder, Entry};
use crate::support::fuzz::fuzz;
use ftpy::unpack::unpack;
use std::io::Cursor;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

/// The limit of written bytes in a case: the budget of a small archive.
const MOST_BYTES: u64 = 80 << 20;
/// The time limit of a case, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Parts of hostile archives.
pub(crate) const WORDS: [&str; 18] = [
    "../",
    "..",
    "/",
    "/etc/passwd",
    "python/bin",
    "lib",
    "ustar\0",
    "ustar  \0",
    "28 path=../../../../x\n",
    "23 linkpath=/etc/passwd\n",
    "12 size=10\n",
    "22 GNU.sparse.major=1\n",
    "\0\0\0\0\0\0\0\0",
    "7777777",
    "0004755",
    "././@LongLink",
    "././@PaxHeader",
    "\u{ff}",
];

/// A directory for one case, and its surroundings, which must not change.
pub(crate) struct Case {
    pub(crate) home: tempfile::TempDir,
    started: Instant,
}

impl Case {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().expect("tempdir");
        std::fs::create_dir_all(home.path().join("a/b/into")).expect("mkdir");
        std::fs::write(home.path().join("precious"), "precious").expect("write");
        Self {
            home,
            started: Instant::now(),
        }
    }

    pub(crate) fn place(&self) -> PathBuf {
        self.home.path().join("a/b/into")
    }

    /// Reads everything that exists now.
    pub(crate) fn check(&self) {
        let root = self.home.path();
        assert!(
            self.started.elapsed() < PATIENCE,
            "{:?}",
            self.started.elapsed()
        );
        let precious = std::fs::read_to_string(root.join("precious")).expect("precious");
        assert_eq!(precious, "precious");
        let mut bytes = 0;
        let mut todo = vec![root.to_owned()];
        while let Some(directory) = todo.pop() {
            for entry in std::fs::read_dir(&directory).expect("read").flatten() {
                let path = entry.path();
                let metadata = path.symlink_metadata().expect("metadata");
                let is_above = self.place().starts_with(&path) || path == root.join("precious");
                let is_inside = ["a/b/into", "a/b/made"]
                    .iter()
                    .any(|own| path.starts_with(root.join(own)));
                assert!(is_inside || is_above, "{path:?} is outside");
                if metadata.is_dir() {
                    todo.push(path);
                } else if metadata.is_symlink() {
                    check_link(&path, root);
                } else {
                    assert!(metadata.is_file(), "{path:?}");
                    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
                    assert_eq!(mode & 0o7002, 0, "{path:?}");
                    bytes += metadata.len();
                }
            }
        }
        assert!(bytes < MOST_BYTES, "{bytes} bytes");
    }
}

/// A link must stay in the directory that was unpacked into.
fn check_link(path: &Path, root: &Path) {
    let below = path.strip_prefix(root).expect("below");
    // `a/b/into` has three names, and the link's own is not a directory to go up from.
    let mut depth = below.components().count() - 4;
    for part in std::fs::read_link(path).expect("link").components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => panic!("{path:?} leads out"),
        }
    }
}

/// Recomputes the checksum of every header, so that broken fields are read at all.
pub(crate) fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(512) {
        if block[257..262] == *b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    bytes
}

pub(crate) fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory takes all")
}

pub(crate) fn hostile_tar() -> Vec<u8> {
    ArchiveBuilder::new()
        .dir("python/bin/")
        .file("python/bin/python3", "x", 0o755)
        .symlink("python/bin/python", "python3")
        .hardlink("python/bin/pip", "python/bin/python3")
        .pax(&[("path", "python/lib/long"), ("mtime", "1.5")])
        .file("x", "long", 0o644)
        .gnu_long_name("python/lib/longer")
        .file("x", "longer", 0o644)
        .gnu_long_link("../lib/long")
        .symlink("python/lib/link", "x")
        .pax_global(&[("comment", "x")])
        .sparse("python/lib/sparse", 4096, &[(0, b"x")])
        .entry(Entry::new(b'6', "python/fifo"))
        .tar()
}

#[test]
fn no_tar_archive_writes_outside_or_without_measure() {
    let sound = ArchiveBuilder::new()
        .file("python/bin/python3", "x", 0o755)
        .symlink("python/lib", "bin")
        .hardlink("python/bin/pip", "python/bin/python3")
        .tar();
    fuzz(&[&hostile_tar(), &sound], &WORDS, |bytes| {
        let packed = zst(&resealed(bytes));
        for prefix in [None, Some(""), Some("python")] {
            let case = Case::new();
            let _ = unpack(Cursor::new(packed.clone()), prefix, &case.place());
            case.check();
        }
    });
}

#[test]
fn no_packed_stream_panics_or_grows_without_measure() {
    let archive = ArchiveBuilder::new().file("python/bin/python3", "x", 0o755);
    let seeds = [archive.tar_gz(), archive.tar_zst(), archive.tar_xz()];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    fuzz(&seeds, &[], |bytes| {
        let case = Case::new();
        let _ = unpack(Cursor::new(bytes.to_vec()), None, &case.place());
        case.check();
    });
}
