//! The requirements of live tests: explicit consent, and the real interpreters next to the
//! checkout. A live test is `#[ignore]`d, and fails if something is missing.

use crate::support::sandbox::{Archive, Sandbox};
use std::path::{Path, PathBuf};

/// The directory with archives of real interpreters.
const PYTHONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/pythons");

/// Fails unless `FTPY_LIVE=1`: live tests start package managers and compilers, and use all cores
/// for minutes. Running ignored tests in general must not start them.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
pub fn require_live() {
    let is_asked_for = std::env::var_os("FTPY_LIVE").is_some_and(|value| !value.is_empty());
    assert!(
        is_asked_for,
        "live tests run with FTPY_LIVE=1 only; see CONTRIBUTING.md"
    );
}

/// The archives of real interpreters next to the project, at least one.
pub fn archives() -> Vec<PathBuf> {
    let paths = archives_if_any();
    assert!(
        !paths.is_empty(),
        "no interpreter in {PYTHONS}; `--skip live_pythons_ --skip live_root_pythons_` leaves out \
         the tests that need one"
    );
    paths
}

/// The archives of real interpreters next to the project, for tests that also work without.
pub fn archives_if_any() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(PYTHONS).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("cpython-"))
        .collect();
    paths.sort();
    paths
}

/// The archives with this ending: `install_only_stripped.tar.gz`.
pub fn archives_ending(ending: &str) -> Vec<Archive> {
    let paths = archives().into_iter();
    let wanted = paths.filter(|path| path.to_string_lossy().ends_with(ending));
    let found: Vec<Archive> = wanted.map(|path| archive(&path)).collect();
    assert!(!found.is_empty(), "no *{ending} in {PYTHONS}");
    found
}

/// The small archive of the free-threaded 3.14.7.
pub fn free_threaded() -> Archive {
    archives_ending("freethreaded-install_only_stripped.tar.gz").remove(0)
}

/// An archive by upstream, from a file.
pub fn archive(path: &Path) -> Archive {
    let name = path.file_name().expect("a name");
    Archive {
        name: name.to_string_lossy().into_owned(),
        bytes: std::fs::read(path).expect("read"),
    }
}

/// A sandbox whose index lists every real interpreter next to the project.
pub fn sandbox_with_archives() -> Sandbox {
    let mut sandbox = Sandbox::new();
    for path in archives() {
        sandbox.offer(&archive(&path));
    }
    sandbox
}

/// Prints why something was skipped.
#[expect(clippy::print_stderr, reason = "a skipped test is not a passed one")]
pub fn say(line: &str) {
    eprintln!("{line}");
}
