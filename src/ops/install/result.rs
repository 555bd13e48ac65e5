//! The result of an installation, and how it is reported.

use crate::execute::InstallReport;
use crate::ops::install::target::ExistingInstall;
use crate::report::{Reporter, Verb, text};
use crate::store::Receipt;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The result of one request.
pub(crate) enum InstallResult {
    /// It was installed, by this process or a faster one.
    Done(Box<InstallReport>),
    /// It was already installed.
    Installed(ExistingInstall),
}

/// One result, for JSON.
#[derive(Serialize)]
pub(crate) struct InstallRow<'a> {
    pub(crate) key: &'a str,
    pub(crate) prefix: &'a Path,
    pub(crate) is_new: bool,
    pub(crate) passed_over: &'a [crate::execute::PassedOver],
    pub(crate) timings_ms: Option<&'a std::collections::BTreeMap<&'static str, f64>>,
    pub(crate) receipt: &'a Receipt,
}

/// Reports all results.
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

/// Renders one result for JSON.
pub(crate) fn row(outcome: &InstallResult) -> InstallRow<'_> {
    match outcome {
        InstallResult::Done(done) => InstallRow {
            key: &done.key,
            prefix: &done.prefix,
            is_new: done.is_new,
            passed_over: &done.passed_over,
            timings_ms: Some(&done.timings_ms),
            receipt: &done.receipt,
        },
        InstallResult::Installed(ExistingInstall { receipt, prefix }) => InstallRow {
            key: &receipt.key,
            prefix,
            is_new: false,
            passed_over: &[],
            timings_ms: None,
            receipt,
        },
    }
}

/// Reports one result.
pub(crate) fn say(reporter: &Reporter, outcome: &InstallResult) {
    let InstallRow {
        key,
        prefix,
        receipt,
        is_new,
        ..
    } = row(outcome);
    let gil = if receipt.probe.gil_enabled {
        "GIL on"
    } else {
        "GIL off"
    };
    // Only the key contains the flavours.
    let flavours = key.split('-').next().and_then(|name| name.split_once('+'));
    let flavours = flavours.map_or_else(String::new, |(_, names)| format!("+{names}"));
    let (version, abi, provider) = (&receipt.version, &receipt.abi, &receipt.provider);
    let what = format!("{version}{abi}{flavours} ({provider})");
    let took = match outcome {
        InstallResult::Done(done) => done.took,
        InstallResult::Installed(_) => None,
    };
    let took = took.filter(|took| *took >= Duration::from_secs(1));
    let took = took.map_or_else(String::new, |took| format!(" in {}", text::elapsed(took)));
    match is_new {
        true => reporter.status(Verb::Installed, format!("{what}{took}, {gil}")),
        false => reporter.status(
            Verb::Unchanged,
            format!("{what} is already installed, {gil}"),
        ),
    }
    // An external interpreter's prefix, such as /usr, does not help to find it.
    reporter.status_more(match receipt.package {
        Some(_) => receipt.executable.clone(),
        None => prefix.display().to_string(),
    });
    if let InstallResult::Done(done) = outcome {
        for note in done.newer_note().iter().chain(&done.notes) {
            reporter.note(note);
        }
        for (step, milliseconds) in &done.timings_ms {
            reporter.detail(format!("{key}: {step}: {milliseconds:.0} ms"));
        }
    }
}
