//! Why one attempt made no installation.

use crate::error::Failure;
use crate::net::{FetchError, Reason};

/// Why an attempt made no installation.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// It cannot be had from here: the next attempt is tried.
    Unavailable(Vec<Reason>),
    /// It was had, and this machine cannot use it: another provider's may do.
    Unsuitable(Failure),
    /// It must not go on.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for AttemptError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The reasons of a fetch that could not be done.
pub(super) fn unavailable(error: FetchError) -> AttemptError {
    match error {
        FetchError::Unavailable(reasons) => AttemptError::Unavailable(reasons),
        other => AttemptError::Failed(other.into()),
    }
}
