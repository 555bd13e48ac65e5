//! `ftpy ci setup`: installs builds, verifies them, and exports them to the CI system.

use crate::check::{Findings, render};
use crate::ci::{Exports, Handover, System};
use crate::cli::ci::{CheckGil, Setup, SystemName};
use crate::commands::ci::log::Log;
use crate::error::{Failure, Result};
use crate::ops::ci::env_files;
use crate::ops::ci::order::SetupOrder;
use crate::ops::ci::packages;
use crate::ops::ci::requests;
use crate::ops::ci::setup;
use crate::ops::ci::stopped::Stopped;
use crate::ops::context::Context;
use crate::ops::requires_python::warn;
use crate::ops::shell_code::writable;
use crate::report::Verb;
use serde_json::json;

/// `ftpy ci setup`
pub(super) fn setup(context: &Context, arguments: &Setup) -> Result<()> {
    let system = match arguments.system {
        Some(name) => named(name),
        None => System::detect(&context.env.ci),
    };
    let log = Log { context, system };
    log.mask_secrets();
    set_up(&log, arguments).map_err(|stopped| {
        let stopped = stopped.of(&arguments.wanted);
        log.failure(&stopped);
        stopped.failure
    })
}

fn set_up(log: &Log<'_>, arguments: &Setup) -> Result<(), Stopped> {
    let (context, system) = (log.context, log.system);
    let asked = requests::read(context, &arguments.wanted)?;
    let preferences = requests::preferences(&arguments.wanted)?;
    warn(context, &asked.requests[asked.active]);
    // What would fail at the end fails before the installation.
    writable(&context.store.shims())?;
    let env_file = arguments.env_file.as_ref();
    let env_file = env_file.map(|file| context.env.current_dir.join(file));
    env_files::check(context, system, env_file.as_deref())?;
    let order = SetupOrder {
        requests: &asked.requests,
        has_twins: arguments.wanted.twin,
        upgrades: arguments.wanted.upgrade,
        preferences: &preferences,
        lock: asked.lock.as_ref(),
    };
    let names: Vec<String> = asked.requests.iter().map(ToString::to_string).collect();
    let title = format!("ftpy: setting up {}", names.join(", "));
    let made = log.group(&title, || {
        setup::set_up(context, &order, arguments.check_gil.is_some())
    });
    let made = made.map_err(|failure: Failure| Stopped::from(failure).at(asked.place.as_ref()))?;
    let exports = made.exports(context, asked.active);
    let handover = env_files::export(context, system, &exports, env_file.as_deref())?;
    let findings = match arguments.check_gil {
        Some(CheckGil::Packages) => packages::check(context, made.targets())?,
        _ => None,
    };
    let keys = made.keys();
    print(log, (&keys, findings.as_ref()), &exports, &handover);
    let file = env_file.map(|file| file.display().to_string());
    say(log, &keys[asked.active], &handover, file.as_deref());
    match findings {
        Some(findings) => Ok(packages::conclude(context, &findings)?),
        None => Ok(()),
    }
}

/// Prints the lines that the system evaluates, or the same as data.
fn print(
    log: &Log<'_>,
    (keys, findings): (&[String], Option<&Findings>),
    exports: &Exports,
    handover: &Handover,
) {
    let reporter = &log.context.reporter;
    if reporter.is_json() {
        let mut document = json!({
            "system": log.system.name(),
            "installations": keys,
            "variables": table(&exports.variables),
            "path": exports.path,
            "outputs": table(&exports.outputs),
        });
        if let Some(findings) = findings {
            document["gil_check"] = render::json::findings(findings);
        }
        reporter.json(&document);
    } else {
        let lines = handover.lines.iter();
        lines.for_each(|line| reporter.document(line));
    }
}

/// Says which Python is active, and where this was written.
fn say(log: &Log<'_>, active: &str, handover: &Handover, env_file: Option<&str>) {
    let (reporter, system) = (&log.context.reporter, log.system);
    let files: Vec<&str> = handover.appends.iter().map(|one| one.variable).collect();
    let is_unsaid = reporter.is_json() && !handover.lines.is_empty();
    let how = match (files.as_slice(), env_file) {
        ([], Some(file)) if is_unsaid => format!("written to {file}"),
        ([], _) if is_unsaid => "printed as data".to_owned(),
        ([], _) => "printed".to_owned(),
        (files, _) => format!("written to {}", files.join(", ")),
    };
    // A person may read the data in a shell; a CI system does not.
    if is_unsaid && env_file.is_none() && system != System::Shell {
        reporter.warn(format!(
            "--json prints data instead of the commands that {system} reads, so the next step gets \
             no variables and no PATH; leave out --json, or add --env-file FILE"
        ));
    }
    let line = format!("`python` is {active}; {how}, for {system}");
    reporter.status(Verb::Ready, line);
}

fn table(values: &[(&'static str, String)]) -> serde_json::Map<String, serde_json::Value> {
    let values = values.iter();
    values
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

fn named(name: SystemName) -> System {
    match name {
        SystemName::Github => System::GitHub,
        SystemName::Gitlab => System::GitLab,
        SystemName::Azure => System::Azure,
        SystemName::Circleci => System::CircleCi,
        SystemName::Buildkite => System::Buildkite,
        SystemName::Jenkins => System::Jenkins,
        SystemName::Shell => System::Shell,
    }
}
