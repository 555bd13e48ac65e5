//! Reads requests from a file: a version file, or a file of another tool that declares a version.

use crate::ci::{Declaration, DeclarationError, READABLE, declaration, from_semver};
use crate::error::{Failure, Kind, Result};
use crate::lock::Lock;
use crate::ops::ci::stopped::{Place, Stopped};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::version_file::range;
use ftpy_core::abi::{Abi, Threading};
use ftpy_core::link_name::is_foreign;
use ftpy_core::pin::{self, Pin, PinError, PinFile};
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request, Versions};
use std::path::Path;

/// The requests, and where they were found.
pub(crate) struct FoundRequests {
    pub(crate) requests: Vec<BuildRequest>,
    pub(crate) place: Option<Place>,
    pub(crate) lock: Option<Lock>,
}

/// Parses a request, in ftpy's syntax or in setup-python's.
pub(crate) fn of_text(context: &Context, text: &str) -> Result<BuildRequest> {
    lookup_installed::read(text).or_else(|failure| {
        if text.contains("||") {
            let hint = "a request is a single range: put each on a line of its own";
            return Err(failure.hint(hint));
        }
        let own = from_semver(text).ok_or(failure)?;
        let request = lookup_installed::read(&own)?;
        let reporter = &context.reporter;
        reporter.note(format!("`{text}` is read as `{request}`"));
        Ok(request)
    })
}

/// Reads the file of `--file`.
pub(crate) fn of_file(context: &Context, path: &Path) -> Result<FoundRequests, Stopped> {
    let text = pin::read(path).map_err(misread)?;
    let Some(text) = text else {
        let message = format!("{} does not exist", path.display());
        return Err(Failure::new(Kind::Usage, message).into());
    };
    match declaration(path, &text) {
        Some(Ok(declaration)) => of_declaration(context, path, &declaration),
        Some(Err(error)) => Err(undeclared(path, &error)),
        None => {
            let file = PinFile::parse(path.to_owned(), &text).map_err(misread)?;
            of_version_file(context, file)
        }
    }
}

/// Returns the newest version that each declared range allows, like setup-python.
fn of_declaration(
    context: &Context,
    path: &Path,
    declaration: &Declaration,
) -> Result<FoundRequests, Stopped> {
    let place = Place {
        file: path.to_owned(),
        line: declaration.line,
    };
    let mut requests = Vec::new();
    for text in &declaration.versions {
        let request = match range(text) {
            Some(range) => BuildRequest::of(Versions::Range(range), Abi::GIL),
            // Environments of other implementations may follow, as in version files.
            None if is_foreign(text) && !requests.is_empty() => {
                let skipped = format!(
                    "{}: skipped `{text}`: not a version of CPython",
                    path.display()
                );
                context.reporter.note(skipped);
                continue;
            }
            None => of_text(context, text).map_err(|failure| unusable(&place, text, failure))?,
        };
        let request = match declaration.is_free_threaded {
            true => lookup_installed::with_threading(request, Threading::FreeThreaded),
            false => Ok(request),
        };
        requests.push(request.map_err(|failure| unusable(&place, text, failure))?);
    }
    Ok(FoundRequests {
        requests,
        place: Some(place),
        lock: None,
    })
}

/// Says which text of which file is not a request. The hint about the request itself is left out:
/// the file may have another syntax.
fn unusable(place: &Place, text: &str, failure: Failure) -> Stopped {
    let line = place
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    let file = place.file.display();
    let failure = Failure {
        message: format!("{file}{line} asks for `{text}`: {}", failure.message),
        hints: vec!["run `ftpy ci setup 3.14t` with the version to use".to_owned()],
        ..failure
    };
    Stopped::from(failure).at(Some(place))
}

fn undeclared(path: &Path, error: &DeclarationError) -> Stopped {
    let file = path.display();
    let (message, hint, line) = match error {
        DeclarationError::Unreadable { line, .. } => (
            match line {
                Some(line) => format!("cannot use {file}:{line}: {error}"),
                None => format!("cannot use {file}: {error}"),
            },
            "run `ftpy ci setup 3.14t` with the version to use".to_owned(),
            *line,
        ),
        DeclarationError::Missing { example, .. } => (
            format!("{file} has {error}"),
            format!("add {example}"),
            None,
        ),
        DeclarationError::Unknown => (
            format!("cannot use {file}: {error}"),
            format!("run `ftpy ci setup 3.14t` with the version to use; --file reads {READABLE}"),
            None,
        ),
    };
    let place = Place {
        file: path.to_owned(),
        line,
    };
    Stopped::from(Failure::new(Kind::Usage, message).hint(hint)).at(Some(&place))
}

/// Returns the builds in a version file. The system's Python is skipped, because it cannot be
/// installed.
pub(crate) fn of_version_file(context: &Context, file: PinFile) -> Result<FoundRequests, Stopped> {
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
        let failure = Failure::new(Kind::Usage, message).hint("run `ftpy ci setup 3.14t`");
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
        // `ftpy pin` writes no other file.
        let is_written = place.file == context.env.current_dir.join(pin::WRITTEN);
        let hint = match is_written {
            true => "run `ftpy pin 3.14t` to add one".to_owned(),
            false => "run `ftpy ci setup 3.14t`, or add a line with a version".to_owned(),
        };
        let failure = Failure::new(Kind::Usage, message).hint(hint);
        return Err(Stopped::from(failure).at(Some(&place)));
    }
    Ok(FoundRequests {
        requests: builds,
        place: Some(place),
        lock: None,
    })
}

pub(crate) fn misread(error: PinError) -> Stopped {
    let (file, line) = match &error {
        PinError::BadLine { path, bad, .. } => (path.clone(), Some(bad.line)),
        PinError::Unreadable(unreadable) => (unreadable.path.clone(), None),
    };
    let failure = Failure::from(Refusal::from(error));
    Stopped::from(failure).at(Some(&Place { file, line }))
}
