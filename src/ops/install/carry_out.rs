//! Executes several plans in parallel.

use crate::error::{Failure, Kind, Result};
use crate::execute::{Session, install_named};
use crate::ops::install::fallback;
use crate::ops::install::result::{InstallResult, InstallRow, row, say};
use crate::ops::install::target::InstallTarget;
use crate::report::Verb;
use crate::resolve::Plan;
use std::sync::Arc;
use std::time::Instant;

/// Executes all plans in parallel. Each of them is finished even if another one fails, so that a
/// 404 elsewhere does not waste hours of compiling.
pub(crate) async fn execute_all(
    session: &Arc<Session>,
    targets: Vec<InstallTarget>,
) -> Result<Vec<InstallResult>> {
    let mut running = Vec::new();
    for target in targets {
        let session = Arc::clone(session);
        running.push(tokio::spawn(async move {
            match target {
                InstallTarget::Installed(existing) => Ok(InstallResult::Installed(existing)),
                InstallTarget::Archive(named) => {
                    let started = Instant::now();
                    let mut done = install_named(&session, &named).await?;
                    done.took = Some(started.elapsed());
                    Ok(InstallResult::Done(Box::new(done)))
                }
                InstallTarget::Plan(plan) => {
                    say_resolved(&session, &plan);
                    let (notes, started) = (plan.notes.clone(), Instant::now());
                    let mut done = fallback::carry_out(&session, plan).await?;
                    done.notes.splice(0..0, notes);
                    done.took = Some(started.elapsed());
                    Ok(InstallResult::Done(Box::new(done)))
                }
            }
        }));
    }
    let mut outcomes = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    for task in running {
        match task.await {
            Ok(Ok(outcome)) => outcomes.push(outcome),
            Ok(Err(failure)) => failures.push(failure),
            Err(panic) => failures.push(Failure::new(Kind::Internal, panic.to_string())),
        }
    }
    if failures.is_empty() {
        return Ok(outcomes);
    }
    if session.reporter.is_json() {
        let installed: Vec<InstallRow<'_>> = outcomes.iter().map(row).collect();
        let document = serde_json::json!({
            "error": failures[0], "errors": failures, "installed": installed,
        });
        session.reporter.json(&document);
    }
    let first = failures.remove(0);
    for outcome in &outcomes {
        say(&session.reporter, outcome);
    }
    for failure in failures
        .iter()
        .filter(|failure| failure.kind != Kind::Interrupted)
    {
        session.reporter.say_failure(failure);
    }
    Err(first)
}

/// Says which build a request led to.
fn say_resolved(session: &Session, plan: &Plan) {
    let Some(first) = plan.attempts.first() else {
        return;
    };
    let (name, source) = (first.candidate.build.name(), first.candidate.provider);
    let line = match plan.request == name {
        true => format!("{name} ({source})"),
        false => format!("{} to {name} ({source})", plan.request),
    };
    session.reporter.status(Verb::Resolved, line);
}
