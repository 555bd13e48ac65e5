//! `ftpy lock`: locks the project's requests to exact builds.

use crate::check::Findings;
use crate::cli::lock::Lock as Arguments;
use crate::commands::check;
use crate::commands::render::lock::{LockOutcome, LockSummary, report};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::lock::{Lock, LockedBuild};
use crate::ops::check::project::check_project;
use crate::ops::context::Context;
use crate::ops::in_use::remember_lock;
use crate::ops::lock::make;
use crate::ops::lock::project::Project;
use crate::ops::lock::requests;
use crate::report::Verb;
use crate::wheel::WheelTarget;

/// `ftpy lock`
pub(super) fn lock(context: &Context, arguments: &Arguments) -> Result<()> {
    let project = Project::find(context)?;
    if arguments.check {
        let lock = project.fitting_lock(Kind::Findings)?;
        let findings = findings(context, arguments, &project, lock)?;
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
    let findings = findings(context, arguments, &project, &made)?;
    let outcome = LockOutcome {
        is_changed,
        is_dry: arguments.dry_run,
        findings: findings.as_ref(),
    };
    report(context, &project, &made, &outcome);
    end(context, arguments, findings.as_ref())
}

/// Checks the packages of the project for the locked free-threaded builds.
fn findings(
    context: &Context,
    arguments: &Arguments,
    project: &Project,
    lock: &Lock,
) -> Result<Option<Findings>> {
    if !arguments.gil_check.check_gil {
        return Ok(None);
    }
    let targets = targets(lock);
    if targets.is_empty() {
        let message = "--check-gil: no free-threaded build is locked";
        return Err(
            Failure::new(Kind::Usage, message).hint("lock one: `ftpy lock 3.14t --check-gil`")
        );
    }
    let directory = project.lock_file.parent().unwrap_or(&project.lock_file);
    let found = check_project(context, directory, targets)?;
    found.map(Some).ok_or_else(|| {
        let message = format!(
            "--check-gil: {} has no file that lists packages",
            directory.display()
        );
        Failure::new(Kind::NotFound, message).hint(
            "make one with your installer: uv.lock, pylock.toml, poetry.lock, requirements.txt",
        )
    })
}

/// The locked free-threaded builds, as targets of wheels.
fn targets(lock: &Lock) -> Vec<WheelTarget> {
    let mut targets = Vec::new();
    for entry in &lock.entries {
        let LockedBuild::Build(candidate) = &entry.found else {
            continue;
        };
        let build = &candidate.build;
        let minor = u8::try_from(build.version.minor).ok();
        let target = minor
            .filter(|_| build.abi.is_free_threaded())
            .and_then(|minor| WheelTarget::of_host(&entry.platform, minor, true));
        targets.extend(target.filter(|it| !targets.contains(it)));
    }
    targets
}

fn end(context: &Context, arguments: &Arguments, findings: Option<&Findings>) -> Result<()> {
    match findings {
        Some(findings) => check::end(context, findings, &arguments.gil_check),
        None => Ok(()),
    }
}
