//! Chooses the installation of `ftpy run`: the best one of a request, or the active one.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::active_python::{ACTIVE, shadow};
use crate::ops::context::Context;
use crate::ops::install::missing;
use crate::ops::lookup_installed;
use crate::ops::requires_python::{choice, decided};
use crate::store::Installed;
use ftpy_core::parse::parse;
use ftpy_core::request::Request;

/// The installation of a run.
pub(crate) struct Chosen {
    pub(crate) installed: Installed,
    /// The request that it was chosen for.
    pub(crate) request: Option<Request>,
}

/// Returns the installation for a request, or the active one; with `installs`, a missing one is
/// installed first.
///
/// # Errors
/// Returns an error if it is not installed, or the active Python is not managed by ftpy.
pub(crate) fn chosen(context: &Context, request: Option<&str>, installs: bool) -> Result<Chosen> {
    let host = target::detect();
    if let Some(text) = request {
        if installs {
            missing::installed(context, &lookup_installed::read_here(context, text, &host)?)?;
        }
        return Ok(Chosen {
            installed: lookup_installed::best(context, text, &host)?,
            request: parse(text).ok(),
        });
    }
    if installs && let Some(Request::Build(request)) = choice(context)?.map(|it| it.request) {
        missing::installed(context, &request)?;
    }
    let decision = decided(context)?;
    if let Some(shadow) = shadow(context, &ACTIVE, &decision) {
        context.reporter.warn(shadow);
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
    })
}
