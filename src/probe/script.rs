//! Runs a script in an interpreter that may contain a sanitizer, isolated from the environment.

use std::path::Path;
use std::process::{Command, Stdio};

/// Starts `executable` with a script, isolated, in an empty environment and without byte code.
/// Arguments for the script may be added. Reports of a sanitizer are disabled.
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
