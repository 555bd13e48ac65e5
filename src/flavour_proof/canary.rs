//! The canary: an extension module with a seeded error, compiled by and loaded into the new
//! interpreter. A sanitizer that does not report it reports nothing anywhere.

use crate::error::{IoFailure, Result};
use crate::manifest::flavours::Canary;
use crate::probe::script;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Output;

const SOURCE: &str = include_str!("canary.c");
const SCRIPT: &str = include_str!("canary.py");

/// The exit code of a canary that could not be compiled.
const NOT_COMPILED: i32 = 3;

/// The result of a canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// The error was reported.
    Reported,
    /// It was not; these are the last lines that were printed.
    Silent(Vec<String>),
    /// No extension module can be compiled for this interpreter.
    NotCompiled(Vec<String>),
}

/// Compiles the canary below `scratch` and has it make an error. Compilers are those of `path`.
///
/// # Errors
/// Returns an error if the directory cannot be written or the interpreter cannot be started.
pub(super) fn sing(
    interpreter: &Path,
    canary: Canary,
    scratch: &Path,
    path: &OsStr,
) -> Result<Seen> {
    std::fs::create_dir_all(scratch).map_err(IoFailure::at("create", scratch))?;
    let source = scratch.join("canary.c");
    std::fs::write(&source, SOURCE).map_err(IoFailure::at("write", &source))?;
    // The interpreter that compiles it does not load it.
    let output = script(interpreter, SCRIPT)
        .arg(scratch)
        .arg(function(canary))
        .env("PATH", path)
        .output()
        .map_err(IoFailure::at("start", interpreter))?;
    Ok(judge(canary, &output))
}

fn function(canary: Canary) -> &'static str {
    match canary {
        Canary::Race => "race",
        Canary::Overflow => "overflow",
        Canary::Freed => "freed",
        Canary::Undefined => "undefined",
    }
}

/// Returns the possible reports of each error.
fn reports(canary: Canary) -> &'static [&'static str] {
    match canary {
        Canary::Race => &["ThreadSanitizer: data race"],
        Canary::Overflow => &["AddressSanitizer: heap-buffer-overflow"],
        // mimalloc marks freed memory; malloc is the runtime's own.
        Canary::Freed => &[
            "AddressSanitizer: use-after-poison",
            "AddressSanitizer: heap-use-after-free",
        ],
        Canary::Undefined => &["runtime error: shift exponent 40 is too large"],
    }
}

fn judge(canary: Canary, output: &Output) -> Seen {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().chain(errors.lines());
    let lines = lines.filter(|line| !line.trim().is_empty());
    let mut last: Vec<String> = lines.map(str::to_owned).collect();
    last.drain(..last.len().saturating_sub(8));
    if output.status.code() == Some(NOT_COMPILED) {
        Seen::NotCompiled(last)
    } else if reports(canary).iter().any(|words| text.contains(words)) {
        Seen::Reported
    } else {
        Seen::Silent(last)
    }
}
