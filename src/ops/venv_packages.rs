//! Installs requirements into a new virtual environment, with uv or the environment's pip.

use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::make_venv::{isolated, run};
use crate::report::Verb;
use ftpy_core::path::find_program;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Installs the packages of requirements files. uv is used if it is on PATH.
///
/// # Errors
/// Returns an error with the last lines of the installer if it fails. The environment is kept.
pub(crate) fn install(
    context: &Context,
    (venv, python): (&Path, &Path),
    files: &[PathBuf],
) -> Result<()> {
    let Some(first) = files.first() else {
        return Ok(());
    };
    let task = context.reporter.task("packages");
    task.step_on(Verb::Installing, format!("packages of {}", first.display()));
    let mut command = match find_program(&context.env.path, "uv") {
        Some(uv) => {
            let mut command = Command::new(uv);
            command.args(["pip", "install", "--quiet", "--python"]);
            command.arg(python).stdin(Stdio::null());
            command
        }
        None if venv.join("bin/pip").exists() => {
            let mut command = isolated(context, python, "pip");
            command.args(["install", "--quiet", "--disable-pip-version-check"]);
            command
        }
        None => {
            let message = "no uv on PATH, and no pip in the environment to install packages with";
            return Err(Failure::new(Kind::NotFound, message).hint("leave out --without-pip"));
        }
    };
    for file in files {
        command.arg("-r").arg(file);
    }
    if context.is_offline {
        command.env("UV_OFFLINE", "1").env("PIP_NO_INDEX", "1");
    }
    command.current_dir(&context.env.current_dir);
    let what = format!(
        "the packages of {} could not be installed into {}, which was created",
        first.display(),
        venv.display()
    );
    run(context, command, venv, what)?;
    task.done();
    Ok(())
}
