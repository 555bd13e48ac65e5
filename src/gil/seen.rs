//! Pythons as they are seen by others than themselves: from outside, and by what started them.

use serde::Serialize;

/// A program that was seen from outside in a process below the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The process.
    pub pid: u32,
    /// Its file, without symbolic links.
    pub executable: String,
    /// Its command line, without its name.
    pub arguments: Vec<String>,
    /// Whether its environment leads to the hook.
    pub has_hook: bool,
    /// Whether the interpreter is in a library of another program, and the library's build.
    pub embedded: Option<Build>,
    /// Whether the process became nothing else afterwards.
    pub is_last: bool,
    /// Whether it had the rights of another user, who cannot write the report.
    pub is_strangers: bool,
    /// Whether it was still running when the command had ended.
    pub is_running: bool,
}

/// A Python that a watched one started, or became, in a way that the hook does not follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The process that noted it.
    pub pid: u32,
    /// Whether that process became it by an exec; else it is a child.
    pub is_exec: bool,
    /// Whether its environment leads to the hook.
    pub has_hook: bool,
    /// Its file.
    pub executable: String,
    /// Its command line, without its name.
    pub arguments: Vec<String>,
    /// How many interpreters had reported by then.
    pub after: usize,
}

/// What an interpreter says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// `3.14.7`, as far as it is known.
    pub version: String,
    /// Whether it is a free-threaded build.
    pub is_free_threaded: bool,
}

/// Why a Python could not be watched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// `-I`: an option keeps the hook out.
    Option(String),
    /// Its environment does not lead to the hook.
    Environment,
    /// It should have reported, and did not.
    Silent,
    /// It was still running when the command had ended.
    Running,
}

/// A Python that ran without the hook, or longer than the watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwatched {
    /// Its process; where that is not known, the one that started it.
    pub pid: u32,
    /// Whether `pid` is the process that started it.
    pub is_child_of: bool,
    /// Its file.
    pub executable: String,
    /// Why.
    pub why: Why,
    /// Whether the process became nothing else afterwards.
    pub is_last: bool,
    /// What it is, where that is known.
    pub build: Option<Build>,
}

impl Unwatched {
    /// Whether the GIL of this one can be no surprise: a build that has one.
    #[must_use]
    pub fn is_gil_build(&self) -> bool {
        let build = self.build.as_ref();
        build.is_some_and(|build| !build.is_free_threaded)
    }
}
