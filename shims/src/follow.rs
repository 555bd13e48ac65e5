//! Starts an interpreter by the path of its alias, such as `aliases/3.14t`, where it is about to
//! create a virtual environment. The environment records that path, and so follows patch upgrades.
//!
//! All other programs start by the path of the installation, which no upgrade changes under them.

use crate::installed::Installed;
use crate::request::Request;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Modules that create environments of the interpreter that runs them.
const MODULES: [&str; 9] = [
    "venv",
    "virtualenv",
    "uv",
    "pipx",
    "poetry",
    "pdm",
    "hatch",
    "tox",
    "nox",
];

/// The alias of an installation that a request leaves free to follow patch upgrades; `None` if the
/// request names a patch, source or build, or if the alias leads to another installation.
#[must_use]
pub fn alias(store: &Path, installed: &Installed, request: Option<&Request>) -> Option<PathBuf> {
    let is_exact = match request {
        Some(Request::Build(request)) => {
            request.versions.is_exact() || request.provider.is_some() || request.build_id.is_some()
        }
        _ => false,
    };
    if is_exact || !installed.key.is_host {
        return None;
    }
    let alias = store.join("aliases").join(installed.alias());
    let there = alias.canonicalize().ok()?;
    (installed.prefix.canonicalize().ok()? == there).then_some(alias)
}

/// Whether an interpreter started with these arguments creates an environment, or tells a tool that
/// creates one where it is: `-m venv`, and the questions of uv, virtualenv and Poetry.
#[must_use]
pub fn makes_environment(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().map(OsString::as_os_str);
    while let Some(word) = words.next() {
        let Some(flags) = word.to_str().and_then(|word| word.strip_prefix('-')) else {
            // virtualenv: `.../python_discovery/_py_info_collect.py`
            let file = Path::new(word).file_name().and_then(OsStr::to_str);
            return file.is_some_and(|file| file.contains("py_info"));
        };
        if flags.starts_with('-') {
            continue;
        }
        // Options without a value may precede it: `-Ic CODE`, `-mvenv`.
        let Some(at) = flags.find(['m', 'c', 'W', 'X']) else {
            continue;
        };
        let (option, rest) = flags[at..].split_at(1);
        let value = match rest {
            "" => words.next().and_then(OsStr::to_str).unwrap_or_default(),
            rest => rest,
        };
        match option {
            "m" => return MODULES.contains(&value),
            // uv, Poetry
            "c" => {
                return value.contains("python.get_interpreter_info")
                    || value == "import sys; print(sys.executable)";
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_create_environments_are_recognised() {
        let check = |line: &[&str], expected: bool| {
            let words: Vec<OsString> = line.iter().map(OsString::from).collect();
            assert_eq!(makes_environment(&words), expected, "{line:?}");
        };
        check(&["-m", "venv", ".venv"], true);
        check(&["-I", "-W", "error", "-X", "utf8", "-m", "venv"], true);
        check(&["-Imvirtualenv", "x"], true);
        check(&["-m", "uv", "venv"], true);
        check(
            &[
                "-I",
                "-B",
                "-c",
                "from python.get_interpreter_info import main",
            ],
            true,
        );
        check(&["-Ic", "import sys; print(sys.executable)"], true);
        check(&["/x/python_discovery/_py_info_collect.py", "1"], true);
        check(&["/x/discovery/py_info.py", "1"], true);
        check(&["-m", "pip", "install", "venv"], false);
        check(&["-X", "venv", "x.py", "-m", "venv"], false);
        check(&["app.py", "-m", "venv"], false);
        check(&["-c", "import venv"], false);
        check(&["-", "-m"], false);
        check(&["-m"], false);
        check(&[], false);
    }
}
