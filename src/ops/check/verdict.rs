//! The failure of a check: a package turns the GIL on, or could not be judged.

use crate::check::{CheckedPackage, Class, Findings};
use crate::error::{Failure, Kind, Result};
use crate::ops::check::confirm::contradictions;
use std::collections::BTreeSet;

/// How the command ends.
///
/// # Errors
/// Returns an error if a package turns the GIL on or could not be judged, or if the X-ray is wrong.
pub(crate) fn conclude(findings: &Findings, allows_undetermined: bool) -> Result<()> {
    let wrong = contradictions(findings);
    if !wrong.is_empty() {
        let message = "the interpreter contradicts what was read from the modules";
        return Err(Failure::new(Kind::Internal, message)
            .details(wrong)
            .hint("this is a defect of ftpy; please report these lines"));
    }
    if let Some(failure) = turned_on(findings) {
        return Err(failure);
    }
    let Some(kind) = findings.failure(allows_undetermined) else {
        return Ok(());
    };
    let names = names(findings, |package| {
        let is_open = !package.class.is_judged();
        is_open.then(|| format!("{} ({})", package.name, package.class.text()))
    });
    let message = format!("it is not known whether the GIL stays off: {names}");
    Err(Failure::new(kind, message)
        .hint("`--allow-undetermined` accepts all that could not be judged"))
}

/// The failure that names the packages that turn the GIL on; `None` if there are none.
pub(crate) fn turned_on(findings: &Findings) -> Option<Failure> {
    let names = names(findings, |package| {
        (package.class == Class::TurnsOn).then(|| package.name.clone())
    });
    let message = format!("the GIL is turned on by {names}");
    (!names.is_empty()).then(|| Failure::new(Kind::GilEnabled, message))
}

/// The names of some packages, sorted, each once.
pub(crate) fn names(
    findings: &Findings,
    named: impl Fn(&CheckedPackage) -> Option<String>,
) -> String {
    let names: BTreeSet<String> = findings.packages.iter().filter_map(named).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
