//! `--check-gil`: starts `python` like the next step will, with the job's whole environment. Unlike
//! the probe of the interpreter, this also covers `PYTHON_GIL`, site-packages and the shims.

use crate::ci::Exports;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::store::Installed;
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// Its first word marks the answer among other output.
const SCRIPT: &str =
    "import sys; print('ftpy-gil', int(getattr(sys, '_is_gil_enabled', lambda: True)()))";

/// Starts `python` with these exports, which make this installation the active one.
pub(super) fn check(context: &Context, installed: &Installed, exports: &Exports) -> Result<()> {
    let key = installed.key.to_string();
    let variables = exports.variables.iter();
    // Found on the exported PATH, like a shell does.
    let output = Command::new("python")
        .args(["-c", SCRIPT])
        .current_dir(&context.env.current_dir)
        .envs(variables.map(|(name, value)| (name, value)))
        .env("PATH", next_path(context, exports))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            let message = format!("cannot start `python` like the next step would: {error}");
            Failure::new(Kind::Integrity, message)
        })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let answer = said.lines().find_map(|line| line.strip_prefix("ftpy-gil "));
    let is_free = installed.key.build.abi.is_free_threaded();
    match (answer, is_free) {
        (Some("0"), true) | (Some("1"), false) => Ok(()),
        (Some(_), true) => Err(Failure::new(
            Kind::GilEnabled,
            format!("the GIL is on in {key} when this job starts it"),
        )
        .hint(match context.env.variables.gil {
            Some(_) => "unset PYTHON_GIL",
            None => {
                "a package in its site-packages turns the GIL on at startup; \
                 `ftpy run --require-nogil` names it"
            }
        })),
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last: Vec<String> = stderr.lines().rev().take(5).map(str::to_owned).collect();
            let message = format!("{key} fails to start in this job: {}", output.status);
            Err(Failure::new(Kind::Integrity, message).details(last.into_iter().rev()))
        }
    }
}

/// Returns PATH of the next step.
fn next_path(context: &Context, exports: &Exports) -> OsString {
    let mut path = OsString::from(exports.path.join(":"));
    if !context.env.path.is_empty() {
        path.push(":");
        path.push(&context.env.path);
    }
    path
}
