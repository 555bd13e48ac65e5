//! The error type that commands report.
//!
//! Each stage has its own error enum, which converts to a [`Failure`]. The [`Kind`] alone
//! determines the exit code; the manual lists them in `docs/manual/reference/exit-codes.md`.

use ftpy_core::paste;
use ftpy_core::refusal::Fault;
use ftpy_core::secret::place_shown;
use ftpy_core::system_error::{text_of, without_numbers};
use serde::Serialize;
use std::fmt;

/// The category of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The request is invalid: exit code 2, like clap's own errors.
    Usage,
    /// The request is valid, but there is no such build or installation: exit code 3.
    NotFound,
    /// No source is reachable: exit code 4.
    Network,
    /// A file or interpreter failed verification: exit code 5.
    Integrity,
    /// A build failed or could not start: exit code 6.
    Build,
    /// A problem of this machine, such as a full disk or a read-only store: exit code 7.
    System,
    /// Interrupted by Ctrl-C: exit code 130, as shells report SIGINT.
    Interrupted,
    /// `ftpy doctor`, `ftpy lock --check` or `ftpy outdated --exit-code` found something: exit
    /// code 1.
    Findings,
    /// The GIL was on although it must be off: exit code 8.
    GilEnabled,
    /// `ftpy run` did not find the command: exit code 127, as in shells.
    NoCommand,
    /// The GIL state is unknown: exit code 9.
    Unchecked,
    /// Forbidden by the policy of this machine, or the policy is unreadable: exit code 10.
    Forbidden,
    /// A bug in ftpy: exit code 70, `EX_SOFTWARE` of sysexits.h.
    Internal,
}

impl Kind {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Findings => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Network => 4,
            Self::Integrity => 5,
            Self::Build => 6,
            Self::System => 7,
            Self::GilEnabled => 8,
            Self::Unchecked => 9,
            Self::Forbidden => 10,
            Self::NoCommand => 127,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }
}

/// A failure as shown to the user: a message, optional details and hints.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Determines the exit code.
    pub kind: Kind,
    /// The message: lower case, no full stop.
    pub message: String,
    /// Detail lines: a compiler's error, or the reason of each provider.
    pub details: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

/// The result type of all commands.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// Makes a failure with only a message. The number that Rust adds to a system's error is left
    /// out.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: without_numbers(message.into()),
            details: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds hints.
    #[must_use]
    pub fn hints<T: Into<String>>(mut self, hints: impl IntoIterator<Item = T>) -> Self {
        self.hints.extend(hints.into_iter().map(Into::into));
        self
    }

    /// Adds detail lines.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ftpy_core::parse::ParseError> for Failure {
    fn from(error: ftpy_core::parse::ParseError) -> Self {
        Self::new(Kind::Usage, error.to_string()).hint(format!("try `{}`", paste![error.nearest]))
    }
}

impl From<ftpy_core::text_file::Unreadable> for Failure {
    fn from(unreadable: ftpy_core::text_file::Unreadable) -> Self {
        Self::new(Kind::System, unreadable.to_string())
            .hint("ask its owner to make it readable, or set FTPY_HOME to another store")
    }
}

impl From<ftpy_core::refusal::Refusal> for Failure {
    fn from(refusal: ftpy_core::refusal::Refusal) -> Self {
        let kind = match refusal.fault {
            Fault::Text => Kind::Usage,
            Fault::Missing => Kind::NotFound,
            Fault::Machine => Kind::System,
        };
        Self::new(kind, refusal.message).hints(refusal.hints)
    }
}

/// An I/O error with the operation and path. There is no conversion from `std::io::Error`, so that
/// every caller says what it was doing.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {}", place_shown(.path), text_of(.source).to_lowercase())]
pub struct IoFailure {
    /// The operation: `write`, `create`, `read`.
    pub doing: &'static str,
    /// The file or directory.
    pub path: std::path::PathBuf,
    /// The error of the operating system.
    pub source: std::io::Error,
}

impl IoFailure {
    /// For `map_err`: `.map_err(IoFailure::at("write", &path))`.
    pub fn at(
        doing: &'static str,
        path: impl Into<std::path::PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self {
            doing,
            path,
            source,
        }
    }
}

impl IoFailure {
    /// Converts an error about a file outside the store, where choosing another store does not
    /// help.
    #[must_use]
    pub fn outside_store(self) -> Failure {
        Failure::new(Kind::System, self.to_string())
    }
}

impl From<IoFailure> for Failure {
    fn from(error: IoFailure) -> Self {
        let failure = Self::new(Kind::System, error.to_string());
        match error.source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => failure
                .hint("run `ftpy cache clean` to free some space, or set FTPY_HOME to a directory on another disk"),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                failure.hint("set FTPY_HOME to a writable directory")
            }
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_system_are_left_out() {
        let failure = Failure::new(Kind::System, "x: Permission denied (os error 13)");
        assert_eq!(failure.message, "x: Permission denied");
    }
}
