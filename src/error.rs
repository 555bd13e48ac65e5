//! What a person is told when something did not work.
//!
//! Every stage has a small error enum of its own, with its texts, and says how it becomes a
//! [`Failure`]. The [`Kind`] alone picks the exit code; the table is in the manual,
//! `docs/manual/reference/exit-codes.md`.

use ftpy_core::paste;
use ftpy_core::refusal::Fault;
use ftpy_core::secret::place_shown;
use serde::Serialize;
use std::fmt;

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The person asked for something that makes no sense: exit code 2, as clap's own.
    Usage,
    /// Well asked, but there is no such build or installation: exit code 3.
    NotFound,
    /// No source could be reached: exit code 4.
    Network,
    /// Bytes or an interpreter are not what they should be: exit code 5.
    Integrity,
    /// Compiling failed, or cannot start: exit code 6.
    Build,
    /// This machine stands in the way: a full disk, a store that cannot be written: exit code 7.
    System,
    /// The person pressed Ctrl-C: exit code 130, as a shell reports SIGINT.
    Interrupted,
    /// `ftpy doctor` or `ftpy lock --check` found something: exit code 1.
    Findings,
    /// The GIL was on where it must be off: exit code 8.
    GilEnabled,
    /// `ftpy run` has no such command to run: exit code 127, as of a shell.
    NoCommand,
    /// Whether the GIL was on could not be told: exit code 9.
    Unchecked,
    /// The policy of this machine forbids it, or cannot be read: exit code 10.
    Forbidden,
    /// A defect of ftpy: exit code 70, `EX_SOFTWARE` of sysexits.h.
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

/// A failure as it is shown: one sentence, perhaps lines of evidence, and what to do next.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Picks the exit code.
    pub kind: Kind,
    /// Lower case, no full stop; names the thing and the place.
    pub message: String,
    /// Lines below it: a compiler's error, one provider's reason each.
    pub details: Vec<String>,
    /// The next command, or what would help.
    pub hints: Vec<String>,
}

/// The result of everything that a command calls.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure with nothing but its sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds lines of evidence.
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

impl From<ftpy_core::file::Unreadable> for Failure {
    fn from(unreadable: ftpy_core::file::Unreadable) -> Self {
        Self::new(Kind::System, unreadable.to_string())
            .hint("have its owner make it readable, or set FTPY_HOME to a store of your own")
    }
}

impl From<ftpy_core::refusal::Refusal> for Failure {
    fn from(refusal: ftpy_core::refusal::Refusal) -> Self {
        let kind = match refusal.fault {
            Fault::Text => Kind::Usage,
            Fault::Missing => Kind::NotFound,
            Fault::Machine => Kind::System,
        };
        let failure = Self::new(kind, refusal.message);
        refusal.hints.into_iter().fold(failure, Self::hint)
    }
}

/// An error of the operating system, with the place it is about. Not a catch-all: whoever
/// makes one says what was being done.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {}", place_shown(.path), describe(.source))]
pub struct IoFailure {
    /// `write`, `create`, `read`: what was being done.
    pub doing: &'static str,
    /// To which file or directory.
    pub path: std::path::PathBuf,
    /// What the operating system answered.
    pub source: std::io::Error,
}

/// Rust's own text ends in `(os error 28)`, which helps nobody.
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
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
    /// As a failure about a file outside the store: no other store would help.
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
                .hint("free some space (`ftpy cache clean`), or set FTPY_HOME to another disk"),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                failure.hint("set FTPY_HOME to a directory that you can write")
            }
            _ => failure,
        }
    }
}
