//! What `ftpy install` installs if nothing is named: what would run here. That is what `FTPY_PYTHON`
//! asks for, else the nearest version file with all its versions, else the default, else what the
//! project's `requires-python` allows.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::declared::declared;
use crate::ops::in_use::remember_pins;
use crate::ops::lookup_installed;
use crate::ops::requires_python::{self, is_of_project};
use ftpy_core::decide::{self, Choice};
use ftpy_core::paste;
use ftpy_core::pin::{self, PinFile};
use ftpy_core::reason::Reason;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request};
use std::path::Path;

/// Returns the requests in force here.
pub(crate) fn requests(context: &Context) -> Result<Vec<BuildRequest>> {
    let around = context.env.surroundings();
    let file = pin::nearest(&context.env.current_dir);
    if let Some(choice) = decide::from_words(None, &around)? {
        let request = one(context, choice)?;
        if let Ok(Some(file)) = file {
            let path = file.path.display();
            context.reporter.note(format!(
                "FTPY_PYTHON asks for {request}, which applies instead of {path}"
            ));
        }
        return Ok(vec![request]);
    }
    if let Some(file) = file.map_err(Refusal::from)? {
        return pinned(context, &file);
    }
    match requires_python::last_resort(context)? {
        Some(choice) => Ok(vec![one(context, choice)?]),
        None => Err(nothing_named(&context.env.current_dir)),
    }
}

fn nothing_named(directory: &Path) -> Failure {
    let failure = Failure::new(
        Kind::Usage,
        "no request given, no default set, and no version file or requires-python found here \
         or in a parent directory",
    );
    let unread = declared(directory).and_then(|(name, request)| {
        let pin = paste!["ftpy", "pin", request?];
        Some(format!(
            "the version in {name} is read by `ftpy ci` only; run `{pin}` to pin what it asks for"
        ))
    });
    failure.hint(unread.unwrap_or_else(|| {
        "name a version, as in `ftpy install 3.14t`, or pin one with `ftpy pin 3.14t`".to_owned()
    }))
}

/// Returns the build that the environment or the settings ask for.
fn one(context: &Context, choice: Choice) -> Result<BuildRequest> {
    let is_of_project = is_of_project(&choice);
    let Choice { request, reason } = choice;
    match is_of_project {
        true => requires_python::say(context, &reason, &request.to_string()),
        false => context
            .reporter
            .detail(format!("{reason} asks for {request}")),
    }
    match request {
        Request::Build(build) => {
            requires_python::warn(context, &build);
            Ok(build)
        }
        Request::Name(name) => lookup_installed::linked(context, &name, &target::detect())
            .map_err(|_| Refusal::not_linked(&name, Some(&reason)).into()),
        Request::System | Request::Archive(_) => {
            let message = format!("{reason} asks for {request}, which ftpy does not install");
            Err(Failure::new(Kind::Usage, message).hint("name a version: `ftpy install 3.14t`"))
        }
    }
}

/// Returns the builds in a version file.
fn pinned(context: &Context, file: &PinFile) -> Result<Vec<BuildRequest>> {
    // Before the installation, so that an interrupted one protects what it installed from `prune`.
    remember_pins(context, file);
    let builds = builds(context, file)?;
    let path = file.path.display();
    if builds.is_empty() {
        let message = format!("{path} contains no version that ftpy can install");
        return Err(Failure::new(Kind::Usage, message));
    }
    context
        .reporter
        .detail(format!("using the requests in {path}"));
    requires_python::warn_of_pin(context, file);
    Ok(builds)
}

/// Returns the versions of a version file that can be installed, or were linked. Others are skipped
/// with a note, unless they are the active version.
fn builds(context: &Context, file: &PinFile) -> Result<Vec<BuildRequest>> {
    let pass_over = |text: &str, line: usize, why: &str| {
        let path = file.path.display();
        let note = format!("note: {path}:{line}: skipped `{text}`: {why}");
        context.reporter.say(note);
    };
    let mut found = Vec::new();
    for (index, pin) in file.pins.iter().enumerate() {
        match &pin.request {
            Request::Build(request) => found.push(request.clone()),
            Request::Name(name) => match lookup_installed::linked(context, name, &target::detect())
            {
                Ok(request) => found.push(request),
                Err(_) if index > 0 => {
                    pass_over(
                        name.as_str(),
                        pin.line,
                        "no interpreter is linked under this name",
                    );
                }
                Err(_) => {
                    let reason = Reason::Pin {
                        file: file.path.clone(),
                        line: pin.line,
                    };
                    return Err(Refusal::not_linked(name, Some(&reason)).into());
                }
            },
            // ftpy does not install the system's Python.
            Request::System | Request::Archive(_) => {}
        }
    }
    for one in &file.foreign {
        pass_over(&one.text, one.line, "not a version of CPython");
    }
    Ok(found)
}
