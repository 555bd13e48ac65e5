//! Why one attempt made no installation.

use crate::error::Failure;
use crate::net::{FetchError, Reason};

/// Why an attempt made no installation.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// Its files are unavailable: the next attempt is tried.
    Unavailable(Vec<Reason>),
    /// This machine cannot use it: another source is tried.
    Unsuitable(Failure),
    /// No other attempt is tried.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for AttemptError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The reasons of a failed download.
pub(super) fn unavailable(error: FetchError) -> AttemptError {
    match error {
        FetchError::Unavailable(reasons) => AttemptError::Unavailable(reasons),
        other => AttemptError::Failed(other.into()),
    }
}
