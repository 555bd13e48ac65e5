//! Why an attempt failed.

use crate::error::Failure;
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
