//! What the checks look at.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::report::Reporter;
use crate::store::{Installed, Store};
use ftpy_core::decide::Surroundings;
use ftpy_core::target::Target;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the checks look at.
#[derive(Debug)]
pub struct Subject {
    /// The environment.
    pub env: Env,
    /// The store.
    pub store: Store,
    /// This machine.
    pub host: Target,
    /// What is installed, the newest first.
    pub installed: Vec<Installed>,
    /// For what was passed over, which only `-v` shows.
    pub reporter: Arc<Reporter>,
    /// Ctrl-C.
    pub cancel: Cancel,
}

impl Subject {
    /// The directories on PATH in their order, each once by its real place. Relative ones do
    /// not count: what they are changes with every `cd`.
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

    /// What a shim would see if it were started here.
    #[must_use]
    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            store: self.env.store.clone(),
            directory: Some(self.env.current_dir.clone()),
            variable: self.env.python.clone(),
            path: self.env.path.clone(),
            passed: Vec::new(),
        }
    }
}

/// The real place of a path; the path itself where there is nothing.
#[must_use]
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The virtual environment that a `bin` directory is of.
#[must_use]
pub fn venv_of(bin: &Path) -> Option<&Path> {
    let venv = bin.parent()?;
    venv.join("pyvenv.cfg").is_file().then_some(venv)
}
