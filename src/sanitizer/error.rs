//! Why an option of a sanitizer cannot be used.

use crate::error::{Failure, Kind};
use std::path::PathBuf;

/// Why an option of a sanitizer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SanitizerError {
    /// A file of suppressions has a line of an unknown kind.
    #[error("{}:{line}: `{text}` is not a sanitizer suppression", .file.display())]
    NotASuppression {
        /// The file.
        file: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// The option needs a sanitizer, and the build has none.
    #[error("{switch}: {key} was built without a sanitizer")]
    NoSanitizer {
        /// `--suppressions`
        switch: String,
        /// The key of the installation.
        key: String,
    },
}

impl From<SanitizerError> for Failure {
    fn from(error: SanitizerError) -> Self {
        let hint = match error {
            SanitizerError::NotASuppression { .. } => {
                "write `race:NAME`, `leak:NAME`, `signed-integer-overflow:NAME`, ..."
            }
            SanitizerError::NoSanitizer { .. } => {
                "use a sanitizer build, such as `3.14t+tsan` or `3.14t+asan`"
            }
        };
        Self::new(Kind::Usage, error.to_string()).hint(hint)
    }
}
