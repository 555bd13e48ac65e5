//! Status lines: a verb in a fixed column, then the subject and a figure.
//!
//! ```text
//!     Resolved 3.13t to 3.13.18t (pbs)
//!  Unreachable github.com, conda.anaconda.org: no DNS
//!   Installed 3.13.15t (source) in 1m 51s, GIL off
//!        note: 3.13t is experimental
//! ```

use std::fmt;

/// The width of the column in which verbs are right-aligned.
const COLUMN: usize = 12;

/// The action of a status line. The variant's name is the displayed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Checking compilers, libraries, files or modules.
    Checking,
    /// Compiling C, or byte code.
    Compiling,
    /// Running a `configure` script.
    Configuring,
    /// Copying a source tree or an archive.
    Copying,
    /// A virtual environment was created.
    Created,
    /// Creating a virtual environment.
    Creating,
    /// Downloading an interpreter.
    Downloading,
    /// Downloading metadata, packages or a revision.
    Fetching,
    /// An installation is ready.
    Installed,
    /// Installing into a stage or an environment.
    Installing,
    /// Linking packages into a prefix.
    Linking,
    /// A lock was written.
    Locked,
    /// Timing runs.
    Measuring,
    /// Runs were timed.
    Measured,
    /// Starting an interpreter to read its facts.
    Probing,
    /// Reading an archive or a bundle.
    Reading,
    /// A CI system or a shell received its variables.
    Ready,
    /// A request has a build.
    Resolved,
    /// Looking for a build.
    Resolving,
    /// Running a package manager.
    Running,
    /// A build is unavailable.
    Unavailable,
    /// There was nothing to do.
    Unchanged,
    /// Unpacking an archive.
    Unpacking,
    /// Hosts do not answer.
    Unreachable,
    /// An alias has a newer build.
    Upgraded,
    /// Comparing digests.
    Verifying,
    /// Waiting for another process or a host.
    Waiting,
    /// Writing a bundle.
    Writing,
}

impl Verb {
    /// Returns whether a finished step always leaves a line. Others leave one only if they took
    /// over a second.
    pub(super) fn always_stays(self) -> bool {
        matches!(
            self,
            Self::Downloading
                | Self::Verifying
                | Self::Configuring
                | Self::Compiling
                | Self::Installing
                | Self::Probing
        )
    }

    /// Returns whether a step never leaves a line.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Self::Waiting | Self::Resolving | Self::Checking)
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Unavailable => "33;1",
            _ => "32;1",
        }
    }

    /// Returns the verb in its column.
    pub(super) fn column(self, is_coloured: bool) -> String {
        column(&self.to_string(), self.colour(), is_coloured)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Returns a word in the column of verbs.
pub(super) fn column(word: &str, colour: &str, is_coloured: bool) -> String {
    let blanks = " ".repeat(COLUMN.saturating_sub(word.len()));
    format!("{blanks}{}", paint(word, colour, is_coloured))
}

/// Returns the indentation of a second line.
pub(super) fn indent() -> String {
    " ".repeat(COLUMN)
}

/// Returns a text in a colour (an SGR code).
pub(super) fn paint(text: &str, colour: &str, is_coloured: bool) -> String {
    match is_coloured {
        true => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_and_labels_end_in_one_column() {
        for line in [
            Verb::Resolved.column(false),
            Verb::Unreachable.column(false),
            column("note:", "36;1", false),
            indent(),
        ] {
            assert_eq!(line.len(), COLUMN, "{line:?}");
        }
        assert_eq!(
            Verb::Unavailable.column(true),
            " \u{1b}[33;1mUnavailable\u{1b}[0m"
        );
        assert_eq!(
            Verb::Probing.column(true),
            "     \u{1b}[32;1mProbing\u{1b}[0m"
        );
    }
}
