//! What a file declares, or why it cannot be used.

/// The files that can be read, for messages.
pub const READABLE: &str = "version files, .tool-versions, pyproject.toml, setup.cfg, Pipfile, \
    Pipfile.lock, mise.toml, uv.lock and runtime.txt";

/// What a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Versions in the syntax of the file's owner, the active one first: `^3.13`, `>=3.13, <4`.
    pub versions: Vec<String>,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// Whether the file also says that free-threaded builds are meant.
    pub is_free_threaded: bool,
}

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    /// It has the wrong format.
    #[error("{reason}")]
    Unreadable {
        /// What is wrong.
        reason: String,
        /// The line, counted from 1.
        line: Option<usize>,
    },
    /// It declares no version.
    #[error("no {key}")]
    Missing {
        /// `python_version in [requires]`
        key: &'static str,
        /// The line that would declare one, and where it belongs.
        example: &'static str,
    },
    /// ftpy does not read versions from such a file.
    #[error("ftpy does not read versions from this kind of file")]
    Unknown,
}
