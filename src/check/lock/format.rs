//! The kinds of files that list a project's packages, by their names.

use std::path::Path;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockFormat {
    /// `uv.lock`, and `script.py.lock` of a script.
    Uv,
    /// `pylock.toml`, `pylock.dev.toml`
    PyLock,
    /// `poetry.lock`
    Poetry,
    /// `pdm.lock`
    Pdm,
    /// `pixi.lock`
    Pixi,
    /// `conda-lock.yml`
    CondaLock,
    /// `Pipfile.lock`
    Pipfile,
    /// `requirements.txt`, `requirements-dev.in`
    Requirements,
}

impl LockFormat {
    /// Tells the kind of a file from its name.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        Some(match name {
            "uv.lock" => Self::Uv,
            "pylock.toml" => Self::PyLock,
            "poetry.lock" => Self::Poetry,
            "pdm.lock" => Self::Pdm,
            "pixi.lock" => Self::Pixi,
            "Pipfile.lock" => Self::Pipfile,
            _ if name.ends_with(".py.lock") => Self::Uv,
            _ if name.starts_with("pylock.") && name.ends_with(".toml") => Self::PyLock,
            _ if name.ends_with("conda-lock.yml") || name.ends_with("conda-lock.yaml") => {
                Self::CondaLock
            }
            _ if name.ends_with(".txt") || name.ends_with(".in") => Self::Requirements,
            _ => return None,
        })
    }
}
