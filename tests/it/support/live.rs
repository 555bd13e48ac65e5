//! Real interpreters, for the tests that need them: those beside the project, if they are
//! there. `FTPY_LIVE=1` turns on what needs a network, a compiler or minutes.

use std::path::PathBuf;

/// Whether the live tests were asked for. Says so if not: a skipped test is not a passed one.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the test's own environment, and its own word"
)]
pub fn is_live(test: &str) -> bool {
    let is_live = std::env::var_os("FTPY_LIVE").is_some_and(|value| !value.is_empty());
    if !is_live {
        eprintln!("{test}: not run, it needs FTPY_LIVE=1");
    }
    is_live
}

/// Whether the slow ones of the live tests were asked for, too: `FTPY_LIVE=full`.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the test's own environment, and its own word"
)]
pub fn is_full(test: &str) -> bool {
    let is_full = std::env::var_os("FTPY_LIVE").is_some_and(|value| value == "full");
    if !is_full {
        eprintln!("{test}: not run, it needs FTPY_LIVE=full");
    }
    is_full
}

/// The archives of real interpreters beside the project, if they are there.
pub fn archives() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/pythons");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("cpython-"))
        .collect();
    paths.sort();
    paths
}

/// Says why something was not run.
#[expect(clippy::print_stderr, reason = "a skipped test is not a passed one")]
pub fn say(line: &str) {
    eprintln!("{line}");
}
