//! A script in an interpreter that may hold a sanitizer: what it says is its own, and not the
//! environment's.

use std::path::Path;
use std::process::{Command, Stdio};

/// Starts `executable` with a script, isolated, in an empty environment and without byte code.
/// Arguments of the script may be added. A sanitizer's runtime has nothing to say of it.
#[must_use]
pub fn script(executable: &Path, text: &str) -> Command {
    let mut command = Command::new(executable);
    command
        .args(["-I", "-B", "-c", text])
        .env_clear()
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .env("TSAN_OPTIONS", "report_bugs=0")
        .current_dir("/")
        .stdin(Stdio::null());
    command
}
