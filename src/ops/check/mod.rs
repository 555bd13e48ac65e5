//! `ftpy check`: which dependencies turn the GIL on, without running them.
//!
//! What is checked is read ([`subject`]) into packages that are installed ([`environment`]), or
//! that a list has wheels for. The modules are judged on all cores; for those that turn the GIL on,
//! the sources say when they are imported.

mod environment;
mod installed;
mod subject;

use crate::check::Findings;
use crate::error::Result;
use crate::ops::context::Context;
use std::path::PathBuf;
use subject::Subject;

/// What to check, and how.
pub(crate) struct CheckRequest<'a> {
    /// Packages and paths, as the person wrote them.
    pub(crate) subjects: &'a [String],
    /// Files of requirements.
    pub(crate) requirements: &'a [PathBuf],
}

/// Checks packages.
///
/// # Errors
/// Returns an error if there is nothing to check, or it cannot be read.
pub(crate) fn check(context: &Context, wanted: &CheckRequest<'_>) -> Result<Findings> {
    let mut findings = Findings::default();
    for subject in subject::read(context, wanted)? {
        match subject {
            Subject::Environment(site) => {
                findings.packages.extend(installed::check(context, &site)?);
            }
        }
    }
    findings.sort();
    Ok(findings)
}
