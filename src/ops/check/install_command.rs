//! The command that installs requirements into an environment.

use ftpy_core::paste;
use std::path::Path;

/// The command for the environment's pip, if it has one, else for uv.
pub(crate) fn install_command(python: &Path, site: &Path, requirements: &[String]) -> String {
    let python = python.display().to_string();
    let start: &[&str] = match site.join("pip").is_dir() {
        true => &[&python, "-m", "pip", "install"],
        false => &["uv", "pip", "install", "--python", &python],
    };
    let words = start.iter().map(|word| (*word).to_owned());
    paste::line(
        &words
            .chain(requirements.iter().cloned())
            .collect::<Vec<_>>(),
    )
}
