//! The input of the checks.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::report::Reporter;
use crate::store::{Installed, Store};
use ftpy_core::target::Target;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The input of the checks.
#[derive(Debug)]
pub struct Subject {
    /// The environment.
    pub env: Env,
    /// The store.
    pub store: Store,
    /// This machine.
    pub host: Target,
    /// The installations, newest first.
    pub installed: Vec<Installed>,
    /// Prints what was skipped, at `-v`.
    pub reporter: Arc<Reporter>,
    /// Ctrl-C.
    pub cancel: Cancel,
}

impl Subject {
    /// The directories on PATH in order, without duplicates, with links resolved. Relative ones are
    /// skipped, because they change with every `cd`.
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        let mut seen = Vec::new();
        let mut found = Vec::new();
        for directory in std::env::split_paths(&self.env.path) {
            let place = real(&directory);
            if directory.is_absolute() && !seen.contains(&place) {
                seen.push(place);
                found.push(directory);
            }
        }
        found
    }
}

/// A path with links resolved; the path itself if it does not exist.
#[must_use]
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The virtual environment of a `bin` directory.
#[must_use]
pub fn venv_of(bin: &Path) -> Option<&Path> {
    let venv = bin.parent()?;
    venv.join("pyvenv.cfg").is_file().then_some(venv)
}
