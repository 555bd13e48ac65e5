//! `ftpy doctor`: finds problems on this machine, and fixes those that can be fixed without loss.

use crate::cancel::Cancel;
use crate::cli::daily::Doctor;
use crate::doctor::{
    Finding, Mend, Subject, abi3, compilers, foreign, installations, path, pins, policy, settings,
    store, variables, venvs,
};
use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::context::{Context, runtime};
use crate::ops::session::stop_on_signal;
use crate::report::{Verb, text};
use crate::shim_links;
use serde_json::{Value, json};
use std::sync::Arc;

/// The subject of a check, and the check.
type Check = (&'static str, fn(&Subject) -> Vec<Finding>);

/// The checks after that of the store, whose fixes remove the causes of other findings.
const CHECKS: [Check; 10] = [
    ("the policy", policy::check),
    ("PATH", path::check),
    ("the environment", variables::check),
    ("the installations", installations::check),
    ("their compilers", compilers::check),
    ("the settings", settings::check),
    ("version files", pins::check),
    ("virtual environments", venvs::check),
    ("extension modules", abi3::check),
    ("other Pythons on PATH", foreign::check),
];

/// `ftpy doctor`
pub(super) fn doctor(context: &Context, arguments: &Doctor) -> Result<()> {
    let cancel = Cancel::default();
    let runtime = runtime()?;
    runtime.spawn(stop_on_signal(cancel.clone()));
    let host = target::detect();
    let subject = Subject {
        env: context.env.clone(),
        store: context.store.clone(),
        installed: context.store.installed(&host),
        host,
        reporter: Arc::clone(&context.reporter),
        cancel,
    };
    if crate::policy::read().is_ok_and(|policy| policy.is_in_force()) {
        let path = crate::policy::PATH;
        context.reporter.say(format!("policy in force: {path}"));
    }
    let findings = look(&subject, arguments.fix)?;
    if context.reporter.is_json() {
        let rows: Vec<Value> = findings.iter().map(row).collect();
        context.reporter.json(&json!({ "findings": rows }));
    } else {
        for finding in &findings {
            show(context, finding);
        }
    }
    conclude(context, &findings)
}

/// Returns every finding, and whether it was fixed.
fn look(subject: &Subject, mends: bool) -> Result<Vec<(Finding, bool)>> {
    let task = subject.reporter.task("doctor");
    task.step_on(Verb::Checking, "the store");
    let found = store::check(subject);
    let left = match mends {
        true => mend(subject, &found),
        false => found.clone(),
    };
    let mut findings: Vec<(Finding, bool)> = found
        .into_iter()
        .map(|one| {
            let is_mended = !left.contains(&one);
            (one, is_mended)
        })
        .collect();
    for (what, check) in CHECKS {
        task.step_on(Verb::Checking, what);
        findings.extend(check(subject).into_iter().map(|one| (one, false)));
        subject.cancel.check()?;
    }
    Ok(findings)
}

/// Fixes what can be fixed, and returns the findings that remain.
fn mend(subject: &Subject, found: &[Finding]) -> Vec<Finding> {
    let names = |mend: Mend| found.iter().any(|one| one.mend == Some(mend));
    let mut failures: Vec<Failure> = Vec::new();
    if names(Mend::Sweep) {
        failures.extend(subject.store.sweep().err());
    }
    if names(Mend::Links) {
        failures.extend(shim_links::ensure(&subject.store, &subject.host).err());
    }
    for failure in failures {
        subject.reporter.warn(failure.to_string());
    }
    store::check(subject)
}

fn row((finding, is_mended): &(Finding, bool)) -> Value {
    let mut row = json!(finding);
    row["is_mended"] = json!(is_mended);
    row
}

fn show(context: &Context, (finding, is_mended): &(Finding, bool)) {
    let data = |line: String| context.reporter.data(line);
    data(format!("{} [{}]", finding.message, finding.name()));
    for line in &finding.details {
        data(format!("  {line}"));
    }
    if *is_mended {
        data("  fixed".to_owned());
        return;
    }
    if let Some(fix) = &finding.fix {
        data(format!("  fix: {fix}"));
    }
    if let Some(advice) = &finding.advice {
        data(format!("  {advice}"));
    }
}

fn conclude(context: &Context, findings: &[(Finding, bool)]) -> Result<()> {
    let done = findings.iter().filter(|(_, is_mended)| *is_mended).count();
    let left = findings.len() - done;
    if left == 0 {
        context.reporter.say(match done {
            0 => "no problems found".to_owned(),
            _ => format!("{} fixed, no others found", text::count(done, "problem")),
        });
        return Ok(());
    }
    let message = match done {
        0 => format!("{} found", text::count(left, "problem")),
        _ => format!("{} fixed, {left} left", text::count(done, "problem")),
    };
    let failure = Failure::new(Kind::Findings, message);
    let mendable = findings
        .iter()
        .filter(|(one, is_mended)| one.is_mendable && !is_mended);
    Err(match (mendable.count(), done) {
        (count @ 1.., 0) => failure.hint(format!("`ftpy doctor --fix` fixes {count} of them")),
        _ => failure,
    })
}
