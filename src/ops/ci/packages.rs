//! `ftpy ci setup --check-gil`: the packages in the project's lock. Only what certainly turns the GIL
//! on stops the job; the rest is a warning, because most jobs test more than the GIL.

use crate::check::render::table;
use crate::check::{Class, Findings};
use crate::error::{Failure, Kind, Result};
use crate::ops::check::project::check_project;
use crate::ops::context::Context;
use crate::wheel::WheelTarget;
use std::collections::BTreeSet;

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
    let names = |is: fn(Class) -> bool| {
        let found = findings.packages.iter().filter(|it| is(it.class));
        let names: BTreeSet<&str> = found.map(|it| it.name.as_str()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    context.reporter.say(table::summary(findings));
    let open = names(|class| !class.is_judged());
    if !open.is_empty() {
        context.reporter.warn(format!(
            "it is not known whether the GIL stays off with {open}; `ftpy check` says why"
        ));
    }
    let on = names(|class| class == Class::TurnsOn);
    if on.is_empty() {
        return Ok(());
    }
    let message = format!("the GIL is turned on by {on}");
    Err(Failure::new(Kind::GilEnabled, message)
        .details(table::details(findings))
        .hint("`--check-gil=python` does not check the packages"))
}
