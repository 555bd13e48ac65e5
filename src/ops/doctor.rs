//! Runs every check of `ftpy doctor`, and the fixes that lose nothing.

use crate::doctor::{
    Finding, Mend, Subject, abi3, compilers, foreign, installations, path, pins, policy, settings,
    store, variables, venvs,
};
use crate::error::{Failure, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::ops::runtime::CommandRuntime;
use crate::report::Verb;
use crate::shim_links;
use ftpy_core::decide::{INHERITED, inherited};
use ftpy_core::paste;
use ftpy_core::request::Request;
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

/// Returns every finding on this machine, and whether it was fixed.
pub(crate) fn diagnose(context: &Context, mends: bool) -> Result<Vec<(Finding, bool)>> {
    let (_runtime, cancel) = CommandRuntime::start()?;
    let host = target::detect();
    let subject = Subject {
        env: context.env.clone(),
        store: context.store.clone(),
        installed: context.store.installed(&host),
        host,
        reporter: Arc::clone(&context.reporter),
        cancel,
    };
    look(context, &subject, mends)
}

/// Describes the choice of a parent process, which counts where nothing is pinned.
pub(crate) fn inherited_choice(context: &Context) -> Option<String> {
    let value = context.env.inherited.as_ref()?.display();
    let around = context.env.surroundings();
    let effect = match inherited(&around).map(|choice| choice.request) {
        Some(Request::Build(request))
            if lookup_installed::installed(context, &request, &target::detect()).is_empty() =>
        {
            "it is skipped, because that is not installed"
        }
        Some(_) => "it counts where nothing is pinned, above the default",
        None => "it is skipped, because that is not a request",
    };
    let unset = paste!["unset", INHERITED];
    Some(format!(
        "{INHERITED}={value} was set by a shim that started this shell or a parent of it; {effect}; \
         `{unset}` removes it"
    ))
}

fn look(context: &Context, subject: &Subject, mends: bool) -> Result<Vec<(Finding, bool)>> {
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
    task.step_on(Verb::Checking, "what turns the GIL on");
    let found = crate::ops::check::doctor::check(context, subject)?;
    findings.extend(found.into_iter().map(|one| (one, false)));
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
