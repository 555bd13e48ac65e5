//! The one place that writes to stderr.

use std::io::Write;

/// One line to stderr. A closed stderr is ignored.
pub(super) fn write_err(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{line}");
}
