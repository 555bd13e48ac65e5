//! Chooses the installation of `ftpy run`: the best one of a request, or the active one.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::active_python::{ACTIVE, shadow};
use crate::ops::active_venv::{Activated, activated};
use crate::ops::context::Context;
use crate::ops::install::missing;
use crate::ops::lookup_installed;
use crate::ops::requires_python::{choice, decided};
use crate::store::Installed;
use crate::venv::home_of;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use std::path::{Path, PathBuf};

/// The installation of a run.
pub(crate) struct Chosen {
    pub(crate) installed: Installed,
    /// The request that it was chosen for.
    pub(crate) request: Option<Request>,
    /// The active virtual environment, if that runs.
    pub(crate) venv: Option<PathBuf>,
}

/// Returns the active virtual environment, unless `FTPY_PYTHON` says what is to run. `python` in
/// this shell starts its interpreter, and so does `ftpy run -- python`.
pub(crate) fn of_active_venv(context: &Context) -> Option<Chosen> {
    of_venv(context, in_this_shell(context)?)
}

fn of_venv(context: &Context, venv: Activated) -> Option<Chosen> {
    if context.env.python.is_some() {
        note_unused(context, &venv.path, "FTPY_PYTHON is set");
        return None;
    }
    let Some(installed) = venv.installed(context) else {
        note_unused(context, &venv.path, "its Python is not managed by ftpy");
        return None;
    };
    Some(Chosen {
        installed,
        request: None,
        venv: Some(venv.path),
    })
}

/// The environment that was activated: it is first on PATH, and in `VIRTUAL_ENV`. That of a tool may
/// just be on PATH.
fn in_this_shell(context: &Context) -> Option<Activated> {
    let venv = activated(context)?;
    let named = context.env.variables.virtual_env.as_ref()?;
    let is_same = |named: &PathBuf| named.canonicalize().ok() == venv.path.canonicalize().ok();
    is_same(named).then_some(venv)
}

fn note_unused(context: &Context, venv: &Path, why: &str) {
    let venv = venv.display();
    let note = format!("the active virtual environment {venv} is not used: {why}");
    context.reporter.note(note);
}

/// Returns the installation for a request, or that of the active environment, or the active one.
/// With `installs`, a missing one is installed first.
///
/// # Errors
/// Returns an error if it is not installed, or the active Python is not managed by ftpy.
pub(crate) fn chosen(context: &Context, request: Option<&str>, installs: bool) -> Result<Chosen> {
    let host = target::detect();
    let active = in_this_shell(context);
    let is_active = active.is_some();
    if let Some(text) = request {
        if installs {
            missing::installed(context, &lookup_installed::read_here(context, text, &host)?)?;
        }
        let installed = lookup_installed::best(context, text, &host)?;
        if let Some(venv) = active {
            note_unused(context, &venv.path, &format!("{text} is requested"));
        }
        return Ok(Chosen {
            installed,
            request: parse(text).ok(),
            venv: None,
        });
    }
    if let Some(of_venv) = active.and_then(|venv| of_venv(context, venv)) {
        return Ok(of_venv);
    }
    if installs && let Some(Request::Build(request)) = choice(context)?.map(|it| it.request) {
        missing::installed(context, &request)?;
    }
    let decision = decided(context)?;
    // Of an active environment a note says that it is not used.
    if !is_active && let Some(shadow) = shadow(context, &ACTIVE, &decision) {
        context.reporter.warn(shadow);
    }
    let own = context.env.current_dir.join(".venv");
    if !is_active && home_of(&own).is_some() {
        let activate = paste![".", own.join("bin/activate").display()];
        let note = format!(".venv is here and not activated, and so not used: `{activate}`");
        context.reporter.note(note);
    }
    let installed = decision.installed.ok_or_else(|| {
        let path = decision.executable.display();
        let message = format!("the active Python, {path}, is not managed by ftpy");
        Failure::new(Kind::NotFound, message).hint(
            "name an installation, as in `ftpy run 3.14t -- COMMAND`, or run `ftpy pin 3.14t` here",
        )
    })?;
    Ok(Chosen {
        installed,
        request: decision.request,
        venv: None,
    })
}
