//! Why a file that lists packages cannot be read.

use crate::error::{Failure, IoFailure, Kind};
use std::path::{Path, PathBuf};

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1.
    pub line: Option<u32>,
    /// `invalid TOML: ...`
    pub reason: String,
}

impl Fault {
    pub(super) fn at(line: u32, reason: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            reason: reason.into(),
        }
    }

    /// The error of a file with this text.
    pub(super) fn of(self, file: &Path) -> LockError {
        let line = self
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        LockError::Invalid {
            place: format!("{}{line}", file.display()),
            reason: self.reason,
        }
    }
}

/// Why a file that lists packages cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It cannot be opened.
    #[error(transparent)]
    Io(#[from] IoFailure),
    /// Its name is not that of a known kind.
    #[error("{} is not a lock file or requirements file that ftpy knows", .0.display())]
    Unknown(PathBuf),
    /// The project does not have a chosen extra or group.
    #[error("the project in {} has {what}", .file.display())]
    NotInProject {
        /// `uv.lock`
        file: PathBuf,
        /// ``no extra `x` ``
        what: String,
    },
    /// Its text is invalid.
    #[error("cannot read {place}: {reason}")]
    Invalid {
        /// `uv.lock:12`
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let message = error.to_string();
        match error {
            LockError::Io(error) => error.outside_store(),
            LockError::Unknown(_) => Self::new(Kind::Usage, message).hint(
                "name a uv.lock, pylock.toml, poetry.lock, pdm.lock, pixi.lock, conda-lock.yml, \
                 Pipfile.lock or a requirements file (*.txt, *.in)",
            ),
            LockError::NotInProject { .. } => Self::new(Kind::Usage, message)
                .hint("`ftpy check --all-extras --all-groups` checks all that it has"),
            LockError::Invalid { .. } => Self::new(Kind::Unchecked, message),
        }
    }
}
