//! `ftpy check`: prints which dependencies turn the GIL on.

use crate::check::Findings;
use crate::check::render::{json, table};
use crate::cli::check::Check;
use crate::error::{Failure, Kind, Result};
use crate::ops::check::{self, CheckRequest};
use crate::ops::context::Context;

/// `ftpy check`
pub(super) fn check(context: &Context, arguments: &Check) -> Result<()> {
    let findings = check::check(
        context,
        &CheckRequest {
            subjects: &arguments.subjects,
            requirements: &arguments.requirements,
        },
    )?;
    show(context, &findings);
    conclude(&findings, arguments.allow_undetermined)
}

fn show(context: &Context, findings: &Findings) {
    let reporter = &context.reporter;
    if reporter.is_json() {
        reporter.json(&json::findings(findings));
        return;
    }
    let rows = table::rows(findings, reporter.is_verbose());
    reporter.table(&table::HEADINGS, &rows);
    let details = table::details(findings);
    if !details.is_empty() {
        reporter.data("");
    }
    details.iter().for_each(|line| reporter.data(line));
    reporter.say(table::summary(findings));
}

fn conclude(findings: &Findings, allows_undetermined: bool) -> Result<()> {
    let message = match findings.failure(allows_undetermined) {
        None => return Ok(()),
        Some(Kind::GilEnabled) => "a package turns the GIL on",
        Some(_) => "a package could not be judged",
    };
    let kind = findings
        .failure(allows_undetermined)
        .unwrap_or(Kind::Unchecked);
    Err(Failure::new(kind, message))
}
