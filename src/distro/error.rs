//! Why a package manager did not do its work.

use crate::error::{Failure, Kind};
use std::process::ExitStatus;

/// Why a package manager did not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum DistroError {
    /// The user pressed Ctrl-C; the command was waited for.
    #[error("interrupted; `{command}` has finished ({status})")]
    Interrupted {
        /// The command, as formatted for a shell.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The command ended with an error.
    #[error("`{command}` failed ({status})")]
    Failed {
        /// The command, as formatted for a shell.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its output.
        last: Vec<String>,
    },
    /// The command has no words, so there is no program to start.
    #[error("the command is empty")]
    Empty,
    /// The program cannot be started or waited for.
    #[error("failed to start {program}: {source}")]
    NotStarted {
        /// The program.
        program: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

impl From<DistroError> for Failure {
    fn from(error: DistroError) -> Self {
        let message = error.to_string();
        match error {
            DistroError::Interrupted { status, .. } => {
                let failure = Self::new(Kind::Interrupted, message);
                match status.success() {
                    true => failure.hint("the changes made by the command are kept"),
                    false => failure,
                }
            }
            DistroError::Failed { last, .. } => Self::new(Kind::System, message).details(last),
            DistroError::Empty => Self::new(Kind::Internal, message),
            DistroError::NotStarted { .. } => Self::new(Kind::System, message),
        }
    }
}
