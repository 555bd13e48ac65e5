//! `--check-gil`: starts `python` as the next step will, with the job's whole environment. The
//! probe answers for the interpreter; this answers for `PYTHON_GIL`, for what is in
//! site-packages, and for what the shims decide.

use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};
use crate::store::Installed;
use std::process::{Command, Stdio};

/// Its first word is the mark by which the answer is found among other output.
const SCRIPT: &str =
    "import sys; print('ftpy-gil', int(getattr(sys, '_is_gil_enabled', lambda: True)()))";

/// Starts an installation by the shim `python`.
pub(super) fn check(context: &Context, installed: &Installed) -> Result<()> {
    let key = installed.key.to_string();
    let output = Command::new(context.store.shims().join("python"))
        .args(["-c", SCRIPT])
        .current_dir(&context.env.current_dir)
        .env("FTPY_PYTHON", &key)
        .env("FTPY_HOME", context.store.root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            let message = format!("the shim `python` cannot be started: {error}");
            Failure::new(Kind::Integrity, message)
        })?;
    let said = String::from_utf8_lossy(&output.stdout);
    let answer = said.lines().find_map(|line| line.strip_prefix("ftpy-gil "));
    let is_free = installed.key.build.abi.is_free_threaded();
    match (answer, is_free) {
        (Some("0"), true) | (Some("1"), false) => Ok(()),
        (Some(_), true) => Err(Failure::new(
            Kind::GilEnabled,
            format!("the GIL is on in {key} as this job starts it"),
        )
        .hint(match context.env.variables.gil {
            Some(_) => "PYTHON_GIL is set: unset it",
            None => {
                "something in its site-packages turns it on at start-up: \
                 `ftpy run --require-nogil` names it"
            }
        })),
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last: Vec<String> = stderr.lines().rev().take(5).map(str::to_owned).collect();
            let message = format!("{key} does not start in this job: {}", output.status);
            Err(Failure::new(Kind::Integrity, message).details(last.into_iter().rev()))
        }
    }
}
