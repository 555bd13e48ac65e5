//! Why a source tree cannot be built.

use crate::compile::failure::Diagnosis;
use crate::error::{Failure, Kind};
use std::path::PathBuf;

/// Why a source tree cannot be built.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompileError {
    /// This machine lacks something that the build requires.
    #[error("this machine lacks requirements of a source build: {required}")]
    Lacking {
        /// What is missing and required: `cc, make`.
        required: String,
        /// What is missing and optional; empty if nothing is.
        recommended: String,
        /// The command that installs what is missing, if it is known.
        command: Option<String>,
    },
    /// The directory has no configure, or does not tell its version.
    #[error("{} is not a source tree of CPython", .tree.display())]
    NotASourceTree {
        /// The directory.
        tree: PathBuf,
    },
    /// A patch does not have the digest that it had when the plan was made.
    #[error("the patch {} changed during the run", .patch.display())]
    PatchChanged {
        /// The file.
        patch: PathBuf,
    },
    /// `patch` rejected a patch.
    #[error("the patch {} does not apply", .patch.display())]
    PatchRejected {
        /// The file.
        patch: PathBuf,
        /// The first lines of the program's output.
        lines: Vec<String>,
    },
    /// A program of the build cannot be started or waited for.
    #[error("cannot start {program}: {source}")]
    NotStarted {
        /// `patch`, `./configure`
        program: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A phase of the build ended with an error.
    #[error("{phase} failed")]
    PhaseFailed {
        /// `configuring`
        phase: String,
        /// The log.
        log: PathBuf,
        /// The first real error in the log.
        found: Diagnosis,
    },
}

impl From<CompileError> for Failure {
    fn from(error: CompileError) -> Self {
        let message = error.to_string();
        match error {
            CompileError::Lacking {
                recommended,
                command,
                ..
            } => {
                let failure = Self::new(Kind::Build, message);
                let failure = match recommended.as_str() {
                    "" => failure,
                    _ => {
                        failure.details([format!("also missing, but not required: {recommended}")])
                    }
                };
                match command {
                    Some(command) => failure
                        .hint(format!("install it with: {command}"))
                        .hint("or let ftpy install them: `ftpy install --install-deps ...`"),
                    None => failure.hint(
                        "install a C compiler, make and the development files of these libraries \
                         with your package manager",
                    ),
                }
            }
            CompileError::NotASourceTree { .. } => Self::new(Kind::Usage, message)
                .hint("it has no configure, or no PY_VERSION in Include/patchlevel.h"),
            CompileError::PatchChanged { .. } => {
                Self::new(Kind::Integrity, message).hint("start again")
            }
            CompileError::PatchRejected { lines, .. } => Self::new(Kind::Build, message)
                .details(lines)
                .hint("it is applied with `patch -p1` at the top of the source"),
            CompileError::NotStarted { .. } => Self::new(Kind::Build, message),
            CompileError::PhaseFailed { log, found, .. } => {
                let failure = Self::new(Kind::Build, message).details(found.lines);
                let log = format!("log: {}", log.display());
                failure.details([log]).hints(found.hint)
            }
        }
    }
}
