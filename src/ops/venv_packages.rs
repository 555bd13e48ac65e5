//! Installs requirements into a new virtual environment, with uv or the environment's pip.

use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::installer::Installer;
use crate::ops::make_venv::run;
use crate::report::Verb;
use std::path::{Path, PathBuf};

/// Checks that requirements files are there, before an environment is made for them. A URL and
/// stdin are left to the installer.
///
/// # Errors
/// Returns an error that names the first that is missing.
pub(crate) fn check_files(context: &Context, files: &[PathBuf]) -> Result<()> {
    let is_missing = |file: &&PathBuf| {
        is_path(file) && matches!(context.env.current_dir.join(file).try_exists(), Ok(false))
    };
    match files.iter().find(is_missing) {
        Some(file) => {
            let message = format!("{} does not exist", file.display());
            Err(Failure::new(Kind::NotFound, message).hint("nothing was created"))
        }
        None => Ok(()),
    }
}

/// Whether the name of a requirements file is a path: neither a URL nor `-`, which is stdin.
pub(crate) fn is_path(file: &Path) -> bool {
    let text = file.to_string_lossy();
    !text.contains("://") && !text.starts_with("file:") && text != "-"
}

/// Installs the packages of requirements files, with uv if it is on PATH and works. The progress calls
/// the files `shown`; `failed` is the message of a failure.
///
/// # Errors
/// Returns an error with the last lines of the installer if it fails. The environment is kept.
pub(crate) fn install(
    context: &Context,
    (venv, python): (&Path, &Path),
    files: &[PathBuf],
    shown: &str,
    failed: String,
) -> Result<()> {
    let task = context.reporter.task("packages");
    task.step_on(Verb::Installing, format!("packages of {shown}"));
    let installer = Installer::find(context);
    if installer.is_pip() && !venv.join("bin/pip").exists() {
        let message =
            "no working uv on PATH, and no pip in the environment to install packages with";
        return Err(Failure::new(Kind::NotFound, message).hint("leave out --without-pip"));
    }
    let mut command = installer.install(context, python, python);
    for file in files {
        command.arg("-r").arg(file);
    }
    command.current_dir(&context.env.current_dir);
    run(context, command, venv, failed)?;
    task.done();
    Ok(())
}
