//! `ftpy lock`: locks the project's requests to exact builds.

use crate::check::Findings;
use crate::cli::lock::Lock as Arguments;
use crate::commands::check;
use crate::commands::render::lock::{LockOutcome, LockSummary, report};
use crate::error::{IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::context::Context;
use crate::ops::in_use::remember_lock;
use crate::ops::lock::gil_check;
use crate::ops::lock::make;
use crate::ops::lock::project::Project;
use crate::ops::lock::requests;
use crate::report::Verb;

/// `ftpy lock`
pub(super) fn lock(context: &Context, arguments: &Arguments) -> Result<()> {
    let project = Project::find(context)?;
    let checks = arguments.gil_check.check_gil;
    if arguments.check {
        let lock = project.fitting_lock(Kind::Findings)?;
        let findings = gil_check::findings(context, &project, lock, checks)?;
        let file = project.lock_file.display().to_string();
        if context.reporter.is_json() {
            let summary = LockSummary::of(file, lock, Some(lock), false);
            context
                .reporter
                .json(&summary.with_check(findings.as_ref()));
        } else {
            let line = format!("{file} is up to date");
            context.reporter.status(Verb::Unchanged, line);
        }
        return end(context, arguments, findings.as_ref());
    }
    let asked = requests::read(context, &project, arguments)?;
    let old = project.lock.as_ref();
    let made = make::lock(context, old, &asked)?;
    let text = made.to_string();
    let is_changed = std::fs::read(&project.lock_file).ok().as_deref() != Some(text.as_bytes());
    if is_changed && !arguments.dry_run {
        let written = person_file::write(&project.lock_file, text.as_bytes());
        written.map_err(IoFailure::outside_store)?;
    }
    if !arguments.dry_run {
        remember_lock(context, &project.lock_file, &made);
    }
    let findings = gil_check::findings(context, &project, &made, checks)?;
    let outcome = LockOutcome {
        is_changed,
        is_dry: arguments.dry_run,
        findings: findings.as_ref(),
    };
    report(context, &project, &made, &outcome);
    end(context, arguments, findings.as_ref())
}

fn end(context: &Context, arguments: &Arguments, findings: Option<&Findings>) -> Result<()> {
    match findings {
        Some(findings) => check::end(context, findings, &arguments.gil_check),
        None => Ok(()),
    }
}
