//! Reads what to set up: the arguments or a given file, else the project's lock, else the nearest
//! version file. Also records the line of the file, so that errors can be shown there.

use crate::ci::from_semver;
use crate::cli::ci::{Active, CiRequests};
use crate::error::{Failure, Kind, Result};
use crate::lock::Lock;
use crate::ops::context::Context;
use crate::ops::in_use::remember_project;
use crate::ops::lock::project::{Project, Unusable};
use crate::ops::lookup_installed;
use crate::resolve::Preferences;
use crate::version_file::requires_python;
use ftpy_core::abi::{Abi, Threading};
use ftpy_core::pin::{self, Pin, PinError, PinFile};
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request, Versions};
use std::path::{Path, PathBuf};

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
}

/// Reads what to set up.
pub(crate) fn read(context: &Context, wanted: &CiRequests) -> Result<SetupRequests, Stopped> {
    let FoundRequests {
        requests,
        place,
        lock,
    } = match (wanted.requests.as_slice(), &wanted.file) {
        ([], None) => of_project(context, wanted)?,
        ([], Some(file)) => of_file(&context.env.current_dir.join(file))?,
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

/// Parses a request, in ftpy's syntax or in setup-python's.
fn of_text(context: &Context, text: &str) -> Result<BuildRequest> {
    lookup_installed::read(text).or_else(|failure| {
        if text.contains("||") {
            let hint = "a request is a single range: put each on a line of its own";
            return Err(failure.hint(hint));
        }
        let own = from_semver(text).ok_or(failure)?;
        let request = lookup_installed::read(&own)?;
        let reporter = &context.reporter;
        reporter.say(format!("note: `{text}` is read as `{request}`"));
        Ok(request)
    })
}

impl Stopped {
    /// Adds the likely cause if `3.1` was given: YAML turns 3.10 into 3.1.
    pub(crate) fn of(mut self, wanted: &CiRequests) -> Self {
        let is_about_requests = matches!(self.failure.kind, Kind::Usage | Kind::NotFound);
        if is_about_requests && wanted.requests.iter().any(|text| text == "3.1") {
            self.failure = self.failure.hint("quote it in YAML: '3.10'");
        }
        self
    }
}

/// Returns the preferences of the command line.
pub(crate) fn preferences(wanted: &CiRequests) -> Result<Preferences> {
    Ok(Preferences {
        from: lookup_installed::providers(&wanted.from)?,
        ..Preferences::default()
    })
}

/// The requests, and where they were found.
struct FoundRequests {
    requests: Vec<BuildRequest>,
    place: Option<Place>,
    lock: Option<Lock>,
}

/// Reads the project's lock, or else its version file. An outdated lock is an error.
fn of_project(context: &Context, wanted: &CiRequests) -> Result<FoundRequests, Stopped> {
    let pins = pin::nearest(&context.env.current_dir).map_err(misread)?;
    let project = Project::of(context, pins.clone())?;
    if project.lock.is_none() {
        let pins = pins.ok_or_else(|| {
            Failure::new(Kind::Usage, "no request given, and no version file found")
                .hint("run `ftpy ci setup 3.14t`, or `ftpy pin 3.14t` to write a version file")
        })?;
        return builds(pins);
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

fn of_file(path: &Path) -> Result<FoundRequests, Stopped> {
    let text = pin::read(path).map_err(misread)?;
    let Some(text) = text else {
        let message = format!("{} does not exist", path.display());
        return Err(Failure::new(Kind::Usage, message).into());
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == "pyproject.toml" {
        return of_pyproject(path, &text);
    }
    let file = PinFile::parse(path.to_owned(), &text).map_err(misread)?;
    builds(file)
}

/// Returns the newest version that `requires-python` allows, like setup-python.
fn of_pyproject(path: &Path, text: &str) -> Result<FoundRequests, Stopped> {
    let place = Place {
        file: path.to_owned(),
        line: None,
    };
    let Some((_, range)) = requires_python(text) else {
        let message = format!("{} has no valid requires-python", path.display());
        let failure = Failure::new(Kind::Usage, message)
            .hint("`requires-python = \">=3.13\"` belongs into its [project]");
        return Err(Stopped::from(failure).at(Some(&place)));
    };
    let request = BuildRequest::of(Versions::Range(range), Abi::GIL);
    Ok(FoundRequests {
        requests: vec![request],
        place: Some(place),
        lock: None,
    })
}

/// Returns the builds in a version file. The system's Python is skipped, because it cannot be
/// installed.
fn builds(file: PinFile) -> Result<FoundRequests, Stopped> {
    let line = file.pins.first().map(|pin| pin.line);
    // Another version must not replace the active one.
    if let Some(Pin {
        request: Request::Name(name),
        ..
    }) = file.pins.first()
    {
        let message = format!(
            "{} requests `{name}`, an interpreter linked on one machine only",
            file.path.display()
        );
        let failure =
            Failure::new(Kind::Usage, message).hint("run `ftpy ci setup 3.14t`, or pin a version");
        let place = Place {
            file: file.path,
            line,
        };
        return Err(Stopped::from(failure).at(Some(&place)));
    }
    let builds = file.pins.into_iter().filter_map(|pin| match pin.request {
        Request::Build(request) => Some(request),
        Request::System | Request::Archive(_) | Request::Name(_) => None,
    });
    let builds: Vec<BuildRequest> = builds.collect();
    let place = Place {
        file: file.path,
        line,
    };
    if builds.is_empty() {
        let message = format!("{} names no build", place.file.display());
        let failure = Failure::new(Kind::Usage, message).hint("run `ftpy pin 3.14t` to add one");
        return Err(Stopped::from(failure).at(Some(&place)));
    }
    Ok(FoundRequests {
        requests: builds,
        place: Some(place),
        lock: None,
    })
}

fn misread(error: PinError) -> Stopped {
    let (file, line) = match &error {
        PinError::BadLine { path, bad, .. } => (path.clone(), Some(bad.line)),
        PinError::Unreadable(unreadable) => (unreadable.path.clone(), None),
    };
    let failure = Failure::from(Refusal::from(error));
    Stopped::from(failure).at(Some(&Place { file, line }))
}
