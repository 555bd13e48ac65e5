//! Why the environment of the process cannot be used.

use crate::error::{Failure, IoFailure, Kind};
use crate::secret_url::SecretUrl;

/// Why the environment of the process cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum EnvError {
    /// The current directory was removed, or this user cannot access it.
    #[error("cannot access the current directory: {0}")]
    CurrentDirectory(std::io::Error),
    /// The system does not report where the running ftpy is.
    #[error("cannot determine the path of the running ftpy: {0}")]
    Program(std::io::Error),
    /// This user cannot enter the directory of `-C`.
    #[error("-C: {0}")]
    Directory(IoFailure),
    /// `FTPY_HOME` is not an absolute path: why.
    #[error("FTPY_HOME: {0}")]
    Store(String),
    /// `FTPY_HOME` is not set, and there is no home directory.
    #[error("no home directory found for the store")]
    NoHome,
    /// A URL has characters in its password that must be escaped.
    #[error("{name}: {reason}")]
    Misread {
        /// The variable.
        name: &'static str,
        /// What is wrong, without the password.
        reason: String,
    },
    /// A file:// URL does not name a path of this machine.
    #[error("{name}: {reason}")]
    FileUrl {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A value is neither a path nor a URL that ftpy can fetch from.
    #[error("{name}: `{url}` is not a supported URL")]
    UnsupportedUrl {
        /// The variable.
        name: &'static str,
        /// Its value.
        url: SecretUrl,
    },
    /// A time limit is not a positive number.
    #[error("{name}: `{value}` is not a number of seconds")]
    NotSeconds {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl EnvError {
    fn kind(&self) -> Kind {
        match self {
            Self::CurrentDirectory(_) | Self::Program(_) | Self::NoHome => Kind::System,
            Self::Directory(_)
            | Self::Store(_)
            | Self::Misread { .. }
            | Self::FileUrl { .. }
            | Self::UnsupportedUrl { .. }
            | Self::NotSeconds { .. } => Kind::Usage,
        }
    }

    /// What to do next, if the message does not say it.
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::CurrentDirectory(_) => Some("change to a directory that exists"),
            Self::Store(_) => Some("set FTPY_HOME to an absolute path, or unset it"),
            Self::NoHome => Some("set FTPY_HOME to a directory that you can write"),
            Self::FileUrl { .. } | Self::UnsupportedUrl { .. } => {
                Some("use an http://, https:// or file:// URL")
            }
            Self::Program(_)
            | Self::Directory(_)
            | Self::Misread { .. }
            | Self::NotSeconds { .. } => None,
        }
    }
}

impl From<EnvError> for Failure {
    fn from(error: EnvError) -> Self {
        Self::new(error.kind(), error.to_string()).hints(error.hint())
    }
}
