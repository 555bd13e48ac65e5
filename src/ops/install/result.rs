//! What came of an installation, and how a person is told.

use crate::execute::InstallReport;
use crate::ops::context::Context;
use crate::ops::install::target::ExistingInstall;
use crate::report::Reporter;
use crate::store::Receipt;
use serde::Serialize;
use std::path::Path;

/// What came of one request.
pub(crate) enum InstallResult {
    /// It was made, or another process was faster.
    Done(Box<InstallReport>),
    /// It was there.
    Installed(ExistingInstall),
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

/// Says what came of one request.
pub(crate) fn say(reporter: &Reporter, outcome: &InstallResult) {
    let InstallRow {
        key,
        prefix,
        receipt,
        is_new,
        ..
    } = row(outcome);
    if let InstallResult::Done(done) = outcome {
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
