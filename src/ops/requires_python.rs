//! `requires-python` of the project here: the last resort of ftpy's own commands, and a reason to
//! warn of a choice outside it. Shims do not read it.

use crate::ci::matrix::Project;
use crate::error::Result;
use crate::host::{plain_file, target};
use crate::ops::active_python::active_name;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::version_file::{
    contradiction, contradiction_of_build, contradicts, nearest_range, range,
};
use ftpy_core::abi::{Abi, Threading};
use ftpy_core::decide::{self, Choice, Decision, active, decide, fulfil};
use ftpy_core::installed::named;
use ftpy_core::pin::PinFile;
use ftpy_core::range::Range;
use ftpy_core::reason::Reason;
use ftpy_core::request::{Build, BuildRequest, Request, Versions};
use std::path::Path;

/// Returns the Python that is in effect here for ftpy's own commands, and says if `requires-python`
/// selected it or contradicts it.
///
/// # Errors
/// Returns an error if it is not installed, or a version file, variable or setting is invalid.
pub(crate) fn decided(context: &Context) -> Result<Decision> {
    let around = context.env.surroundings();
    let name = active_name(context);
    let decision = match choice(context)? {
        Some(choice) if is_of_project(&choice) => fulfil(&name, choice, &around)?,
        _ => decide(&name, None, &around)?,
    };
    if let Some(installed) = &decision.installed {
        let build = &installed.key.build;
        match &decision.reason {
            reason @ Reason::Project { .. } => say(context, reason, &build.name()),
            _ => warn_of_build(context, build),
        }
    }
    Ok(decision)
}

/// Returns the choice for ftpy's own commands: that of the shims, or [`last_resort`].
///
/// # Errors
/// Returns an error if a version file, variable or setting is invalid.
pub(crate) fn choice(context: &Context) -> Result<Option<Choice>> {
    match active(None, &context.env.surroundings())? {
        Some(choice) if !matches!(choice.reason, Reason::Default { .. }) => Ok(Some(choice)),
        _ => last_resort(context),
    }
}

/// Returns the choice where nothing is pinned: the default, unless `requires-python` excludes it,
/// else what `requires-python` allows.
///
/// # Errors
/// Returns an error if the settings or the default are invalid.
pub(crate) fn last_resort(context: &Context) -> Result<Option<Choice>> {
    let default = decide::default(&context.env.surroundings())?;
    Ok(of_project(context, default.as_ref()).or(default))
}

/// Whether `requires-python` selected it.
pub(crate) fn is_of_project(choice: &Choice) -> bool {
    matches!(choice.reason, Reason::Project { .. })
}

/// Says what `requires-python` selected, and which default it excludes.
pub(crate) fn say(context: &Context, reason: &Reason, what: &str) {
    let default = decide::default(&context.env.surroundings()).ok().flatten();
    let instead = default.map_or_else(String::new, |default| {
        format!(" instead of the default, {}", default.request)
    });
    context
        .reporter
        .note(format!("{reason} selects {what}{instead}"));
}

/// Warns if `requires-python` contradicts a request.
pub(crate) fn warn(context: &Context, request: &BuildRequest) {
    if let Some(line) = contradiction(&context.env.current_dir, request) {
        context.reporter.warn(line);
    }
}

/// Warns if `requires-python` contradicts the active version of a version file. The project need
/// not run on the others.
pub(crate) fn warn_of_pin(context: &Context, file: &PinFile) {
    if let Some(Request::Build(build)) = file.pins.first().map(|pin| &pin.request) {
        warn(context, build);
    }
}

/// Warns if `requires-python` contradicts a build.
pub(crate) fn warn_of_build(context: &Context, build: &Build) {
    if let Some(line) = contradiction_of_build(&context.env.current_dir, build) {
        context.reporter.warn(line);
    }
}

/// Returns the choice of the nearest project, unless the default meets its `requires-python`.
fn of_project(context: &Context, default: Option<&Choice>) -> Option<Choice> {
    let (file, requires, range) = nearest_range(&context.env.current_dir)?;
    let default = default.map(|choice| &choice.request);
    if default.is_some_and(|default| meets(context, default, &range)) {
        return None;
    }
    let abi = abi(context, &file, &range, default);
    Some(Choice {
        request: Request::Build(BuildRequest::of(Versions::Range(range), abi)),
        reason: Reason::Project { file, requires },
    })
}

/// Whether the default may have a version in the range. That of `system` is not known.
fn meets(context: &Context, default: &Request, range: &Range) -> bool {
    match default {
        Request::Build(build) => !contradicts(build, range),
        Request::Name(name) => {
            let all = context.store.installed(&target::detect());
            named(&all, name).is_none_or(|one| range.covers(&one.key.build.version.release()))
        }
        Request::System | Request::Archive(_) => true,
    }
}

/// Returns the variant: free-threaded if the project is classified so, else the default's, else the
/// one that is installed.
fn abi(context: &Context, file: &Path, required: &Range, default: Option<&Request>) -> Abi {
    let text = plain_file::read_text(file).unwrap_or_default();
    let is_classified = Project::parse(&text).is_ok_and(|project| project.is_free_threading);
    let default = match default {
        Some(Request::Build(build)) => Some(build.abi),
        _ => None,
    };
    let of = |abi| BuildRequest::of(Versions::Range(required.clone()), abi);
    let host = target::detect();
    let is_installed = |abi| !lookup_installed::installed(context, &of(abi), &host).is_empty();
    let abi = match default {
        _ if is_classified => Abi {
            threading: Threading::FreeThreaded,
            ..default.unwrap_or(Abi::GIL)
        },
        Some(abi) => abi,
        None if !is_installed(Abi::GIL) && is_installed(Abi::FREE_THREADED) => Abi::FREE_THREADED,
        None => Abi::GIL,
    };
    // No version before 3.13 has a free-threaded build.
    let has_variant = range(">=3.13").is_some_and(|newer| {
        let newer = BuildRequest::of(Versions::Range(newer), abi);
        !contradicts(&newer, required)
    });
    match has_variant {
        true => abi,
        false => Abi {
            threading: Threading::Gil,
            ..abi
        },
    }
}
