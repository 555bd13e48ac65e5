//! A failure of `ftpy ci`, with the line of the file that it refers to, so that CI systems can show
//! it there.

use crate::cli::ci::CiRequests;
use crate::error::{Failure, Kind};
use crate::ops::lock::project::Unusable;
use std::path::PathBuf;

/// A place in a file.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: Option<usize>,
}

/// A failure, and the place in a file that it refers to.
pub(crate) struct Stopped {
    pub(crate) failure: Failure,
    pub(crate) place: Option<Box<Place>>,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            place: None,
        }
    }
}

impl From<Unusable> for Stopped {
    fn from(unusable: Unusable) -> Self {
        let Unusable {
            failure,
            file,
            line,
        } = unusable;
        Self::from(failure).at(Some(&Place { file, line }))
    }
}

impl Stopped {
    /// Sets the place, unless there already is one.
    pub(crate) fn at(mut self, place: Option<&Place>) -> Self {
        self.place = self.place.or_else(|| place.cloned().map(Box::new));
        self
    }

    /// Adds the likely cause if `3.1` was given: YAML turns 3.10 into 3.1.
    pub(crate) fn of(mut self, wanted: &CiRequests) -> Self {
        let is_about_requests = matches!(self.failure.kind, Kind::Usage | Kind::NotFound);
        if is_about_requests && wanted.requests.iter().any(|text| text == "3.1") {
            self.failure = self.failure.hint("quote it in YAML: '3.10'");
        }
        self
    }
}
