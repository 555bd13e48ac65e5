//! Reads what to set up: the arguments or a given file, else the project's lock, else the nearest
//! version file.

use crate::cli::ci::{Active, CiRequests};
use crate::error::{Failure, Kind, Result};
use crate::lock::Lock;
use crate::ops::ci::request_file::{FoundRequests, misread, of_file, of_text, of_version_file};
use crate::ops::ci::stopped::{Place, Stopped};
use crate::ops::context::Context;
use crate::ops::declared::declared;
use crate::ops::in_use::remember_project;
use crate::ops::lock::project::Project;
use crate::ops::lookup_installed;
use crate::resolve::Preferences;
use ftpy_core::abi::Threading;
use ftpy_core::paste;
use ftpy_core::pin;
use ftpy_core::request::BuildRequest;
use std::path::Path;

/// What to set up.
pub(crate) struct SetupRequests {
    /// In the given order; at least one.
    pub(crate) requests: Vec<BuildRequest>,
    /// The index of the one that becomes `python`.
    pub(crate) active: usize,
    /// The place of the requests, if they are in a file.
    pub(crate) place: Option<Place>,
    /// The project's lock, unless something else was given.
    pub(crate) lock: Option<Lock>,
}

/// Reads what to set up.
pub(crate) fn read(context: &Context, wanted: &CiRequests) -> Result<SetupRequests, Stopped> {
    let FoundRequests {
        requests,
        place,
        lock,
    } = match (wanted.requests.as_slice(), &wanted.file) {
        ([], None) => of_project(context, wanted)?,
        ([], Some(file)) => of_file(context, &context.env.current_dir.join(file))?,
        (texts, _) => {
            let requests = texts.iter().map(|text| of_text(context, text));
            FoundRequests {
                requests: requests.collect::<Result<_>>()?,
                place: None,
                lock: None,
            }
        }
    };
    let requests = requests
        .into_iter()
        .map(|request| match wanted.freethreaded {
            true => lookup_installed::with_threading(request, Threading::FreeThreaded),
            false => Ok(request),
        });
    let requests = requests.collect::<Result<Vec<_>>>();
    let requests = requests.map_err(|failure| Stopped::from(failure).at(place.as_ref()))?;
    Ok(SetupRequests {
        active: match wanted.active {
            None | Some(Active::First) => 0,
            Some(Active::Last) => requests.len() - 1,
        },
        requests,
        place,
        lock,
    })
}

/// Returns the preferences of the command line.
pub(crate) fn preferences(wanted: &CiRequests) -> Result<Preferences> {
    Ok(Preferences {
        from: lookup_installed::providers(&wanted.from)?,
        ..Preferences::default()
    })
}

/// Reads the project's lock, or else its version file. An outdated lock is an error.
fn of_project(context: &Context, wanted: &CiRequests) -> Result<FoundRequests, Stopped> {
    let pins = pin::nearest(&context.env.current_dir).map_err(misread)?;
    let project = Project::of(context, pins.clone())?;
    if project.lock.is_none() {
        let pins = pins.ok_or_else(|| nothing_named(&context.env.current_dir))?;
        return of_version_file(context, pins);
    }
    let file = project.lock_file.clone();
    let place = Place { file, line: None };
    let at = |failure: Failure| Stopped::from(failure).at(Some(&place));
    let lock = project.fitting_lock(Kind::Usage).map_err(at)?;
    if !wanted.from.is_empty() {
        let message = format!(
            "--from cannot be combined with {}, which fixes the builds",
            place.file.display()
        );
        let hint = "name the requests as well to ignore the lock file";
        return Err(at(Failure::new(Kind::Usage, message).hint(hint)));
    }
    if wanted.upgrade {
        let message = format!(
            "--upgrade cannot be combined with {}, which fixes the builds",
            place.file.display()
        );
        let hint = "`ftpy lock --upgrade` locks the newest builds";
        return Err(at(Failure::new(Kind::Usage, message).hint(hint)));
    }
    remember_project(context, &project);
    let requests = in_order(&project, lock);
    let is_told = lock.requests.is_some() || project.pinned().is_some_and(|all| !all.is_empty());
    if requests.len() > 1 && !is_told && wanted.active.is_none() {
        let message = format!(
            "{} has {} requests, so it is ambiguous which one is `python`",
            place.file.display(),
            requests.len()
        );
        let hint = "`--active first` or `--active last` says it, or the first line of a \
                    version file: `ftpy pin 3.14t`";
        return Err(at(Failure::new(Kind::Usage, message).hint(hint)));
    }
    Ok(FoundRequests {
        requests,
        lock: Some(lock.clone()),
        place: Some(place),
    })
}

fn nothing_named(directory: &Path) -> Failure {
    let failure = Failure::new(Kind::Usage, "no request given, and no version file found");
    match declared(directory) {
        Some((name, _)) => {
            let command = paste!["ftpy", "ci", "setup", "--file", name];
            failure.hint(format!("`{command}` uses the version in {name}"))
        }
        None => {
            failure.hint("run `ftpy ci setup 3.14t`, or `ftpy pin 3.14t` to write a version file")
        }
    }
}

/// Returns every request of a lock: first the version file's, the first of which is active, then
/// those given to `ftpy lock`. Each group keeps its order.
fn in_order(project: &Project, lock: &Lock) -> Vec<BuildRequest> {
    let mut requests = project.pinned().unwrap_or_default();
    let named = lock.requests.iter().flatten();
    for request in named.chain(lock.requests()) {
        if !requests.contains(request) {
            requests.push(request.clone());
        }
    }
    requests
}
