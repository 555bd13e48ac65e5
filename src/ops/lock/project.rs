//! Finds the project: the nearest directory upwards with a version file or a lock.
//!
//! A project's lock is next to its version file. A lock further up belongs to another project, and
//! so does a version file above the nearest lock.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use crate::lock::{FILE, Lock, LockError, LockedBuild, problems};
use crate::ops::context::Context;
use crate::resolve::Attempt;
use ftpy_core::pin::{self, PinFile};
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request};
use ftpy_core::target::Target;
use std::path::{Path, PathBuf};

/// The size limit of a lock file.
const LONGEST: u64 = 64 << 20;

/// A project.
#[derive(Debug)]
pub(crate) struct Project {
    /// The path of its lock, which may not exist.
    pub(crate) lock_file: PathBuf,
    /// Its version file.
    pub(crate) pins: Option<PinFile>,
    /// Its lock.
    pub(crate) lock: Option<Lock>,
}

/// An unusable lock, and the place of the error in it.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) failure: Failure,
    pub(crate) file: PathBuf,
    pub(crate) line: Option<usize>,
}

impl Project {
    /// Returns the project of the current directory.
    ///
    /// # Errors
    /// Returns an error if its version file or its lock is invalid.
    pub(crate) fn find(context: &Context) -> Result<Self> {
        let pins = pin::nearest(&context.env.current_dir).map_err(Refusal::from)?;
        Self::of(context, pins).map_err(|unusable| unusable.failure)
    }

    /// Like [`Self::find`], if the nearest version file is already known.
    ///
    /// # Errors
    /// Returns an error if its lock is invalid.
    pub(crate) fn of(context: &Context, pins: Option<PinFile>) -> Result<Self, Unusable> {
        let here = &context.env.current_dir;
        let of_pins = pins.as_ref().and_then(|file| file.path.parent());
        let of_lock = here
            .ancestors()
            .find(|directory| directory.join(FILE).symlink_metadata().is_ok());
        let depth = |directory: Option<&Path>| directory.map(|one| one.components().count());
        let directory = match depth(of_lock) >= depth(of_pins) {
            true => of_lock,
            false => of_pins,
        };
        let directory = directory.unwrap_or(here).to_owned();
        let lock_file = directory.join(FILE);
        let is_here = |file: &PinFile| file.path.parent() == Some(directory.as_path());
        Ok(Self {
            lock: read(&lock_file)?,
            pins: pins.filter(is_here),
            lock_file,
        })
    }

    /// Returns the builds in the version file, or `None` without one.
    pub(crate) fn pinned(&self) -> Option<Vec<BuildRequest>> {
        let pins = self.pins.as_ref()?.pins.iter();
        let mut found: Vec<BuildRequest> = Vec::new();
        for pin in pins {
            // The system's Python cannot be locked.
            if let Request::Build(request) = &pin.request
                && !found.contains(request)
            {
                found.push(request.clone());
            }
        }
        Some(found)
    }

    /// Returns the lock, which must match the project's requests.
    ///
    /// # Errors
    /// Returns an error if there is none, or it is out of date.
    pub(crate) fn fitting_lock(&self, kind: Kind) -> Result<&Lock> {
        let path = self.lock_file.display();
        let Some(lock) = &self.lock else {
            let message = format!("{path} does not exist");
            return Err(Failure::new(Kind::NotFound, message).hint(
                "run `ftpy lock` to lock the version file, or `ftpy lock 3.14t` to lock a request",
            ));
        };
        let problems = problems(lock, self.pinned().as_deref());
        if problems.is_empty() {
            return Ok(lock);
        }
        let message = format!("{path} is out of date");
        Err(Failure::new(kind, message)
            .details(problems)
            .hint("run `ftpy lock` to update it; other entries are kept"))
    }
}

/// Returns the keys of a lock's builds.
pub(crate) fn locked_keys(lock: &Lock, host: &Target) -> Vec<String> {
    let keys = lock.entries.iter().filter_map(|entry| match &entry.found {
        LockedBuild::Build(candidate) => {
            let is_host = candidate.build.target == *host;
            let attempt = Attempt::new((**candidate).clone(), is_host).ok()?;
            Some(attempt.key.to_string())
        }
        _ => None,
    });
    keys.collect()
}

/// Reads a lock; `None` if the file does not exist.
pub(crate) fn read(path: &Path) -> Result<Option<Lock>, Unusable> {
    let unusable = |failure, line| Unusable {
        failure,
        file: path.to_owned(),
        line,
    };
    let text = text(path).map_err(|failure| unusable(failure, None))?;
    let lock = text.map(|text| text.parse()).transpose();
    lock.map_err(|error: LockError| unusable(error.at(path), error.line()))
}

fn text(path: &Path) -> Result<Option<String>> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(IoFailure::at("read", path)(error).outside_store()),
    };
    if !metadata.is_file() || metadata.len() > LONGEST {
        let message = format!(
            "{} is not a lock file: it is not a regular file, or too large",
            path.display()
        );
        return Err(Failure::new(Kind::Usage, message));
    }
    let bytes = plain_file::read(path)
        .map_err(|error| IoFailure::at("read", path)(error).outside_store())?;
    String::from_utf8(bytes).map(Some).map_err(|_| {
        let message = format!("{} is not a lock file: it is not UTF-8", path.display());
        Failure::new(Kind::Usage, message)
    })
}
