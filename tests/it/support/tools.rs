//! Programs of PyPI, installed where a live test needs them.

use crate::support::live::say;
use crate::support::sandbox::{Finished, finished};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `bin` of a virtual environment with these packages; none, with a word, where they cannot
/// be had.
pub fn from_pypi(test: &str, place: &Path, packages: &[&str]) -> Option<PathBuf> {
    let venv = place.join(packages.join("_"));
    let made = run(
        "python3",
        &["-m", "venv", &venv.display().to_string()],
        place,
    );
    let pip = venv.join("bin/pip").display().to_string();
    let arguments = [&["install", "--quiet"], packages].concat();
    let installed = (made.code == Some(0)).then(|| run(&pip, &arguments, place));
    match installed {
        Some(installed) if installed.code == Some(0) => Some(venv.join("bin")),
        _ => {
            say(&format!(
                "{test}: PyPI does not give {}",
                packages.join(", ")
            ));
            None
        }
    }
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
