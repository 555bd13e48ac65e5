//! `ftpy ci setup --check-gil`: the packages in the project's lock. Only what certainly turns the GIL
//! on stops the job; the rest is a warning, because most jobs test more than the GIL.

use crate::check::Findings;
use crate::check::render::table;
use crate::error::{Kind, Result};
use crate::ops::check::project::check_project;
use crate::ops::check::verdict::{names, turned_on};
use crate::ops::context::Context;
use crate::wheel::WheelTarget;

/// Checks the packages; `None` if the project has no lock, or it could not be read.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C.
pub(crate) fn check(context: &Context, targets: Vec<WheelTarget>) -> Result<Option<Findings>> {
    match check_project(context, &context.env.current_dir, targets) {
        Err(failure) if failure.kind == Kind::Interrupted => Err(failure),
        Err(failure) => {
            context.reporter.warn(format!(
                "the packages of the project were not checked: {failure}"
            ));
            Ok(None)
        }
        Ok(found) => Ok(found),
    }
}

/// Says what was found.
///
/// # Errors
/// Returns an error if a package turns the GIL on.
pub(crate) fn conclude(context: &Context, findings: &Findings) -> Result<()> {
    context.reporter.say(table::summary(findings));
    let open = names(findings, |package| {
        (!package.class.is_judged()).then(|| package.name.clone())
    });
    if !open.is_empty() {
        context.reporter.warn(format!(
            "it is not known whether the GIL stays off with {open}; `ftpy check` says why"
        ));
    }
    turned_on(findings).map_or(Ok(()), |failure| {
        Err(failure
            .details(table::details(findings))
            .hint("`--check-gil=python` does not check the packages"))
    })
}
