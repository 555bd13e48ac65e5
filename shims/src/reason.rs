//! Where a request came from: a name, an argument, the environment, a file.

use crate::text_file::{printable, printable_path};
use std::fmt;
use std::path::PathBuf;

/// Where a request came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The name itself: `python3.14t`.
    Name,
    /// `+3.14t` as the first argument, or a request on ftpy's command line.
    Argument,
    /// `FTPY_PYTHON`
    Variable,
    /// A version file.
    Pin {
        /// Its path.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// `FTPY_SHIM_CHOICE`: the choice of the shim that started an ancestor of this process.
    Inherited,
    /// `ftpy default`
    Default {
        /// The settings file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// `requires-python`, which only ftpy's own commands use.
    Project {
        /// The `pyproject.toml`.
        file: PathBuf,
        /// Its value, as written.
        requires: String,
    },
    /// There was no request: the next program on PATH.
    Path,
}

impl fmt::Display for Reason {
    /// As the subject of a sentence: `/p/.python-version:1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("the name"),
            Self::Argument => f.write_str("the command line"),
            Self::Variable => f.write_str("FTPY_PYTHON"),
            Self::Pin { file, line } => write!(f, "{}:{line}", printable_path(file)),
            Self::Inherited => f.write_str("the parent process (FTPY_SHIM_CHOICE)"),
            Self::Default { file, line } => {
                write!(f, "the default ({}:{line})", printable_path(file))
            }
            Self::Project { file, requires } => {
                let (file, requires) = (printable_path(file), printable(requires));
                write!(f, "requires-python = \"{requires}\" in {file}")
            }
            Self::Path => f.write_str("PATH"),
        }
    }
}
