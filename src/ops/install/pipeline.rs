//! What is there, what has to be made, what came of it; shared by the commands that install.

use crate::error::{Failure, Kind, Result};
use crate::execute::{InstallReport, LocalArchive, Session, install_named};
use crate::ops::context::Context;
use crate::ops::install::fallback::carry_out;
use crate::policy;
use crate::report::Reporter;
use crate::resolve::Plan;
use crate::store::Receipt;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is there already, and what has to be made.
pub(crate) enum InstallTarget {
    Installed(Box<Receipt>, PathBuf),
    Plan(Plan),
    /// An archive, which is what its interpreter says.
    Archive(LocalArchive),
}

/// What helps where there is no such build.
const SHOWS: &str = "`ftpy list --available` shows what there is";

/// Before anything is done, every request must have something to try.
pub(crate) fn check_plans(resolutions: &[InstallTarget]) -> Result<()> {
    for resolution in resolutions {
        if let InstallTarget::Plan(plan) = resolution
            && plan.attempts.is_empty()
        {
            let message = format!("no source has {}", plan.request);
            let (kind, hint) = match plan {
                _ if plan.is_forbidden => (Kind::Forbidden, policy::HINT),
                _ if plan.is_unreachable => (Kind::Network, SHOWS),
                _ => (Kind::NotFound, SHOWS),
            };
            return Err(Failure::new(kind, message)
                .details(plan.rejections.clone())
                .hint(hint));
        }
    }
    Ok(())
}

/// Executes all plans at once. Every one is brought to its end, also if another one fails:
/// hours of compiling are not thrown away for a 404 elsewhere.
pub(crate) async fn execute_all(
    session: &Arc<Session>,
    resolutions: Vec<InstallTarget>,
) -> Result<Vec<InstallResult>> {
    let mut running = Vec::new();
    for resolution in resolutions {
        let session = Arc::clone(session);
        running.push(tokio::spawn(async move {
            match resolution {
                InstallTarget::Installed(receipt, prefix) => Ok(InstallResult::from(
                    InstallTarget::Installed(receipt, prefix),
                )),
                InstallTarget::Archive(named) => {
                    let done = install_named(&session, &named).await;
                    done.map(|done| InstallResult::InstallReport(Box::new(done)))
                }
                InstallTarget::Plan(plan) => {
                    for note in &plan.notes {
                        session.reporter.say(format!("note: {note}"));
                    }
                    let done = carry_out(&session, plan).await;
                    done.map(|done| InstallResult::InstallReport(Box::new(done)))
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

/// What came of one request.
pub(crate) enum InstallResult {
    InstallReport(Box<InstallReport>),
    Installed(Box<Receipt>, PathBuf),
}

impl From<InstallTarget> for InstallResult {
    fn from(resolution: InstallTarget) -> Self {
        match resolution {
            InstallTarget::Installed(receipt, prefix) => Self::Installed(receipt, prefix),
            InstallTarget::Plan(_) | InstallTarget::Archive(_) => {
                unreachable!("plans are executed, not reported")
            }
        }
    }
}

/// One request as data.
#[derive(Serialize)]
pub(crate) struct InstallRow<'a> {
    pub(crate) key: &'a str,
    pub(crate) prefix: &'a Path,
    pub(crate) is_new: bool,
    pub(crate) passed_over: &'a [crate::execute::PassedOver],
    pub(crate) timings_ms: Option<&'a std::collections::BTreeMap<&'static str, f64>>,
    pub(crate) receipt: &'a Receipt,
}

/// Says what came of all requests.
pub(crate) fn report(reporter: &Reporter, outcomes: &[InstallResult]) {
    if reporter.is_json() {
        let rows: Vec<InstallRow<'_>> = outcomes.iter().map(row).collect();
        reporter.json(&rows);
        return;
    }
    for outcome in outcomes {
        say(reporter, outcome);
    }
}

/// One request as data.
pub(crate) fn row(outcome: &InstallResult) -> InstallRow<'_> {
    match outcome {
        InstallResult::InstallReport(done) => InstallRow {
            key: &done.key,
            prefix: &done.prefix,
            is_new: done.is_new,
            passed_over: &done.passed_over,
            timings_ms: Some(&done.timings_ms),
            receipt: &done.receipt,
        },
        InstallResult::Installed(receipt, prefix) => InstallRow {
            key: &receipt.key,
            prefix,
            is_new: false,
            passed_over: &[],
            timings_ms: None,
            receipt,
        },
    }
}

/// Says what came of one request.
pub(crate) fn say(reporter: &Reporter, outcome: &InstallResult) {
    let InstallRow {
        key,
        prefix,
        receipt,
        is_new,
        ..
    } = row(outcome);
    if let InstallResult::InstallReport(done) = outcome {
        if let Some(note) = done.newer_note() {
            reporter.say(note);
        }
        for (step, milliseconds) in &done.timings_ms {
            reporter.detail(format!("{key}: {step}: {milliseconds:.0} ms"));
        }
    }
    let gil = if receipt.probe.gil_enabled {
        "GIL on"
    } else {
        "GIL off"
    };
    // The flavours are in the key only.
    let flavours = key.split('-').next().and_then(|name| name.split_once('+'));
    let flavours = flavours.map_or_else(String::new, |(_, names)| format!("+{names}"));
    let what = format!(
        "{}{}{flavours}, {}, {gil}",
        receipt.version, receipt.abi, receipt.variant
    );
    // Of an external one the interpreter tells more than the prefix: /usr.
    let prefix = match receipt.package {
        Some(_) => receipt.executable.clone(),
        None => prefix.display().to_string(),
    };
    if is_new {
        reporter.say(format!("installed {what}: {prefix}"));
    } else {
        reporter.say(format!("already installed: {what}: {prefix}"));
    }
}

/// A person who installed something wants to start it.
pub(crate) fn say_where_the_shims_are(context: &Context) {
    let shims = context.store.shims();
    let mut directories = std::env::split_paths(&context.env.path);
    if !directories.any(|directory| directory == shims) {
        let shims = shims.display();
        context.reporter.say(format!(
            "its commands are in {shims}, which is not on PATH; `ftpy setup` puts it there"
        ));
    }
}
