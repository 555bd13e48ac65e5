//! The only writer to stderr.

use std::io::Write;

/// Writes one line to stderr. A closed stderr is ignored.
pub(super) fn write_err(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{line}");
}
