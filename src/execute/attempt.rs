//! Why an attempt failed.

use crate::error::Failure;
use crate::execute::error::ExecuteError;
use crate::net::{FetchError, Reason};

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// Its files are unavailable, so the next attempt is made.
    Unavailable(Vec<Reason>),
    /// This machine cannot use it, so another source is tried.
    Unsuitable(Failure),
    /// No other attempt is made.
    Failed(Failure),
}

impl AttemptError {
    /// Returns the failure where no other attempt is made. `place` is where its files should be.
    pub(super) fn into_failure(self, place: String) -> Failure {
        match self {
            Self::Failed(failure) | Self::Unsuitable(failure) => failure,
            Self::Unavailable(reasons) => ExecuteError::Unavailable {
                place,
                reasons: reasons.into_iter().map(|reason| reason.text).collect(),
            }
            .into(),
        }
    }
}

impl<E: Into<Failure>> From<E> for AttemptError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Returns the reasons of a failed download.
pub(super) fn unavailable(error: FetchError) -> AttemptError {
    match error {
        FetchError::Unavailable(reasons) => AttemptError::Unavailable(reasons),
        other => AttemptError::Failed(other.into()),
    }
}
