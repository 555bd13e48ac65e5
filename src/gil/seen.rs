//! Pythons as observed by others: from outside, and by the process that started them.

use serde::Serialize;

/// A program observed from outside, in a process below the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The process id.
    pub pid: u32,
    /// Its executable, with symbolic links resolved.
    pub executable: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Whether its environment contains the hook.
    pub has_hook: bool,
    /// The build of the interpreter, if it is in a library of another program.
    pub embedded: Option<Build>,
    /// Whether the process executed nothing else afterwards.
    pub is_last: bool,
    /// Whether it ran with the rights of another user, who cannot write the report.
    pub is_strangers: bool,
    /// Whether it was still running after the command ended.
    pub is_running: bool,
}

/// A Python without the hook, started by a watched one or as its replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The process that recorded it.
    pub pid: u32,
    /// Whether it replaced that process by an exec; otherwise it is a child.
    pub is_exec: bool,
    /// Whether its environment contains the hook.
    pub has_hook: bool,
    /// Its executable.
    pub executable: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The number of interpreters that had reported by then.
    pub after: usize,
}

/// What an interpreter reports about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// `3.14.7`, if known.
    pub version: String,
    /// Whether it is a free-threaded build.
    pub is_free_threaded: bool,
}

/// Why a Python could not be watched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// An option disables the hook: `-I`.
    Option(String),
    /// Its environment does not contain the hook.
    Environment,
    /// It should have reported, but did not.
    Silent,
    /// It was still running after the command ended.
    Running,
}

/// A Python that ran without the hook, or longer than the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwatched {
    /// Its process id; if unknown, that of its parent.
    pub pid: u32,
    /// Whether `pid` is that of its parent.
    pub is_child_of: bool,
    /// Its executable.
    pub executable: String,
    /// Why.
    pub why: Why,
    /// Whether the process executed nothing else afterwards.
    pub is_last: bool,
    /// Its build, if known.
    pub build: Option<Build>,
}

impl Unwatched {
    /// Whether the GIL is expected: it is a GIL build.
    #[must_use]
    pub fn is_gil_build(&self) -> bool {
        let build = self.build.as_ref();
        build.is_some_and(|build| !build.is_free_threaded)
    }
}
