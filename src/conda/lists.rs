//! What fetching the lists of channels needs, and why a list cannot be used.

use crate::error::IoFailure;
use crate::net::{FetchError, Net, Reason};
use crate::secret_url::SecretUrl;
use crate::unpack::UnpackError;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The network and the cache.
#[derive(Debug)]
pub(super) struct Lists<'a> {
    pub(super) net: &'a Net,
    pub(super) cache: &'a Path,
    has_damaged: AtomicBool,
}

/// Why the bytes of a list cannot be used.
#[derive(Debug)]
pub(super) enum ListError {
    /// They are not a list, or too many.
    Invalid(String),
    /// They cannot be kept.
    Disk(IoFailure),
}

impl<'a> Lists<'a> {
    pub(super) fn new(net: &'a Net, cache: &'a Path) -> Self {
        Self {
            net,
            cache,
            has_damaged: AtomicBool::new(false),
        }
    }

    /// Removes a damaged file of the cache.
    pub(super) fn discard(&self, place: &Path) {
        let _ = std::fs::remove_file(place);
        self.has_damaged.store(true, Ordering::Relaxed);
    }

    /// Whether a damaged file was removed since the last call: without it, the same query may
    /// succeed.
    pub(super) fn take_damaged(&self) -> bool {
        self.has_damaged.swap(false, Ordering::Relaxed)
    }
}

impl ListError {
    /// The error of a list at a URL.
    pub(super) fn at(self, url: &SecretUrl) -> FetchError {
        match self {
            Self::Invalid(reason) => {
                let text = format!("{url} is invalid: {reason}");
                FetchError::Unavailable(vec![Reason::of_file(text)])
            }
            Self::Disk(error) => error.into(),
        }
    }

    /// The error of a reader of a list.
    pub(super) fn of(error: &impl ToString) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<UnpackError> for ListError {
    fn from(error: UnpackError) -> Self {
        Self::of(&error)
    }
}

impl From<IoFailure> for ListError {
    fn from(error: IoFailure) -> Self {
        Self::Disk(error)
    }
}
