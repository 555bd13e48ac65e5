//! Kernel specs of Jupyter: where they are, and which of them ftpy wrote.
//!
//! ```text
//! <data directory>/kernels/<name>/kernel.json   {"argv": [...], "display_name": ...,
//!                                                "metadata": {"ftpy": {"request": ...}}}
//! ```
//!
//! Only a spec with the entry `ftpy` in its metadata is ever changed or removed.
//! Source: `jupyter_core.paths` and `jupyter_client.kernelspec`.

use crate::env::Env;
use crate::error::{Failure, Kind, Result};
use crate::host::plain_file;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The file of a kernel spec.
pub const FILE: &str = "kernel.json";

/// The entry in the metadata of a spec that ftpy wrote.
pub const MARK: &str = "ftpy";

/// What is in place of a kernel.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// No spec.
    Free,
    /// A spec of ftpy.
    Own(Kernel),
    /// Anything else: the spec of another tool, an unreadable one, a link.
    Foreign,
}

/// A kernel that ftpy installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// Its name: `python3.14t`.
    pub name: String,
    /// Its directory.
    pub directory: PathBuf,
    /// The spec.
    pub spec: Value,
}

/// Why a kernel has no directory or no name.
#[derive(Debug, thiserror::Error)]
enum KernelError {
    /// Jupyter's data directory is below the home directory, which is unknown.
    #[error("cannot find Jupyter's data directory: no home directory")]
    NoHome,
    /// Jupyter does not accept this name.
    #[error("`{}` is not a valid name of a kernel", .0.escape_debug())]
    InvalidName(String),
}

impl From<KernelError> for Failure {
    fn from(error: KernelError) -> Self {
        let (kind, hint) = match &error {
            KernelError::NoHome => (Kind::System, "set JUPYTER_DATA_DIR"),
            KernelError::InvalidName(_) => (
                Kind::Usage,
                "use letters, digits, `.`, `_` and `-`, as in `python3.14t`",
            ),
        };
        Self::new(kind, error.to_string()).hint(hint)
    }
}

impl Kernel {
    /// The interpreter that it starts.
    #[must_use]
    pub fn interpreter(&self) -> PathBuf {
        self.spec["argv"][0].as_str().unwrap_or_default().into()
    }

    /// The name that Jupyter shows.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.spec["display_name"].as_str().unwrap_or_default()
    }
}

/// Returns the directory of a person's kernels, which every Jupyter of that person reads.
///
/// # Errors
/// Returns an error if there is no home directory.
pub fn directory(env: &Env) -> Result<PathBuf> {
    let jupyter = &env.others.jupyter;
    if let Some(data) = &jupyter.data {
        return Ok(env.current_dir.join(data).join("kernels"));
    }
    let home = env.shell.home.clone().ok_or(KernelError::NoHome)?;
    let data = match (cfg!(target_os = "macos"), jupyter.has_platform_directories) {
        (true, true) => home.join("Library/Application Support/Jupyter"),
        (true, false) => home.join("Library/Jupyter"),
        (false, _) => {
            let data = env.others.data_home.clone();
            data.unwrap_or_else(|| home.join(".local/share"))
                .join("jupyter")
        }
    };
    Ok(data.join("kernels"))
}

/// Returns the directories of `JUPYTER_PATH`, which Jupyter searches before the person's.
#[must_use]
pub fn searched_first(env: &Env) -> Vec<PathBuf> {
    let path = env.others.jupyter.path.iter();
    path.map(|data| env.current_dir.join(data).join("kernels"))
        .collect()
}

/// Checks the name of a kernel, and returns it in lower case, as Jupyter does.
///
/// # Errors
/// Returns an error if Jupyter does not accept the name.
pub fn name(text: &str) -> Result<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_valid = text.len() <= 100 && text.chars().all(is_part) && !text.starts_with(['.', '-']);
    if is_valid && !text.is_empty() {
        return Ok(text.to_ascii_lowercase());
    }
    let shown = text.chars().take(60).collect();
    Err(KernelError::InvalidName(shown).into())
}

/// Returns a text as a valid name: other characters become `-`.
#[must_use]
pub fn name_of(text: &str) -> String {
    let part = |c: char| match c.is_ascii_alphanumeric() || "._-".contains(c) {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    let name: String = text.chars().take(100).map(part).collect();
    let name = name.trim_start_matches(['.', '-']);
    match name.is_empty() {
        true => "ftpy".to_owned(),
        false => name.to_owned(),
    }
}

/// Returns what is in place of a kernel. A link leads to a directory that another tool may own.
#[must_use]
pub fn place(kernels: &Path, name: &str) -> Place {
    let directory = kernels.join(name);
    let Ok(metadata) = directory.symlink_metadata() else {
        return Place::Free;
    };
    let file = directory.join(FILE);
    if metadata.is_dir() && file.symlink_metadata().is_err() {
        return Place::Free;
    }
    let is_file = file.symlink_metadata().is_ok_and(|file| file.is_file());
    let spec = plain_file::read(&file)
        .ok()
        .filter(|_| metadata.is_dir() && is_file)
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    match spec {
        Some(spec) if spec["metadata"][MARK].is_object() => Place::Own(Kernel {
            name: name.to_owned(),
            directory,
            spec,
        }),
        _ => Place::Foreign,
    }
}

/// Returns ftpy's kernels in a directory, sorted by name.
#[must_use]
pub fn own(kernels: &Path) -> Vec<Kernel> {
    let entries = std::fs::read_dir(kernels).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        match place(kernels, &name) {
            Place::Own(kernel) => Some(kernel),
            Place::Free | Place::Foreign => None,
        }
    });
    let mut found: Vec<Kernel> = found.collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_jupyter_accepts() {
        assert_eq!(name("Python3.14t").expect("a name"), "python3.14t");
        for text in ["", ".", "..", "a/b", "a b", "-x", "caf\u{e9}", "a+b"] {
            assert!(name(text).is_err(), "{text}");
            assert!(name(&name_of(text)).is_ok(), "{text}");
        }
        assert_eq!(name_of("python3.14t+tsan"), "python3.14t-tsan");
    }
}
