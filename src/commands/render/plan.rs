//! Renders the plans of `--dry-run`.

use crate::distro::commands::shown;
use crate::error::{Failure, Result};
use crate::execute::{BuildDescription, LocalArchive, Session, describe_build};
use crate::ops::install::target::InstallTarget;
use crate::ops::install::target::check_plans;
use crate::provider::Recipe;
use crate::report::Reporter;
use crate::report::text;
use crate::resolve::{Attempt, Plan, Step};
use crate::store::Package;

/// `--dry-run`
pub(crate) fn show_all(session: &Session, resolutions: &[InstallTarget]) -> Result<()> {
    let reporter = &session.reporter;
    if reporter.is_json() {
        let documents = resolutions
            .iter()
            .filter_map(|resolution| match resolution {
                InstallTarget::Plan(plan) => document(session, plan),
                InstallTarget::Archive(named) => serde_json::to_value(named).ok(),
                InstallTarget::Installed(_) => None,
            });
        reporter.json(&documents.collect::<Vec<_>>());
        return check_plans(resolutions);
    }
    for resolution in resolutions {
        match resolution {
            InstallTarget::Plan(plan) => show(session, plan),
            InstallTarget::Archive(named) => show_named(reporter, named),
            InstallTarget::Installed(_) => {}
        }
    }
    check_plans(resolutions)
}

/// Renders a plan for JSON. If the first attempt compiles, `build` has its real arguments.
pub(crate) fn document(session: &Session, plan: &Plan) -> Option<serde_json::Value> {
    let mut document = serde_json::to_value(plan).ok()?;
    if let Some(build) = described(session, plan) {
        document["build"] = serde_json::to_value(build).ok()?;
    }
    Some(document)
}

/// Returns the details of the first attempt's build; `None` if it does not compile.
fn described(session: &Session, plan: &Plan) -> Option<BuildDescription> {
    let first = plan.attempts.first()?;
    let Recipe::Compile(how) = &first.candidate.recipe else {
        return None;
    };
    let described = describe_build(session, first, how);
    let warn = |failure: &Failure| {
        let text = format!("could not check the compiler: {failure}");
        session.reporter.warn(text);
    };
    described.inspect_err(warn).ok()
}

/// Prints the steps for a named archive.
fn show_named(reporter: &Reporter, named: &LocalArchive) {
    reporter.data(&named.request);
    let unpack = Step::Unpack {
        prefix: "the directory that contains bin/".to_owned(),
    };
    let steps = [
        Step::Download {
            urls: vec![named.url.clone()],
        },
        Step::Verify {
            sha256: named.sha256,
        },
        unpack,
    ];
    for step in steps {
        show_step(reporter, &step);
    }
    reporter.data("  probe the interpreter");
    reporter.data("  rewrite the build's prefix, probe again, commit");
}

/// Prints the steps of a plan, and its fallbacks.
pub(crate) fn show(session: &Session, plan: &Plan) {
    let reporter = &session.reporter;
    let Some(first) = plan.attempts.first() else {
        return;
    };
    reporter.data(format!("{} -> {}", plan.request, first.key));
    let mut steps = first.steps();
    let described = described(session, plan);
    for step in &mut steps {
        if let (Step::Compile { configure }, Some(described)) = (step, &described) {
            configure.clone_from(&described.configure);
        }
    }
    let missing = described.filter(|described| !described.missing.is_empty());
    for step in steps {
        show_step(reporter, &step);
    }
    if let Some(described) = missing {
        let names = described.missing.join(", ");
        let command = described.install_command;
        let command =
            command.map_or_else(String::new, |command| format!("; `{command}` adds them"));
        reporter.note(format!("not found on this machine: {names}{command}"));
    }
    for line in alternatives(plan) {
        reporter.data(format!("  fallback: {line}"));
    }
    for rejection in &plan.rejections {
        reporter.data(format!("  skipped {rejection}"));
    }
    if let Recipe::Packages(packages) = &first.candidate.recipe {
        for note in &packages.notes {
            reporter.note(note);
        }
    }
    for note in &plan.notes {
        reporter.note(note);
    }
}

/// Returns the attempts after the first, in order, including a source that is queried later.
fn alternatives(plan: &Plan) -> Vec<String> {
    let others = &plan.attempts[1..];
    let keys = |attempts: &[Attempt]| {
        let keys: Vec<String> = attempts.iter().map(|other| other.key.to_string()).collect();
        (!keys.is_empty()).then(|| keys.join(", "))
    };
    let Some(deferred) = &plan.deferred else {
        return keys(others).into_iter().collect();
    };
    let name = deferred.provider;
    let place = others.partition_point(|other| other.candidate.provider <= name);
    let (before, after) = others.split_at(place);
    let deferred = format!("builds of {name} (`--from {name}` lists them)");
    [keys(before), Some(deferred), keys(after)]
        .into_iter()
        .flatten()
        .collect()
}

/// Prints a step, with a line for each further URL and for each package.
fn show_step(reporter: &Reporter, step: &Step) {
    reporter.data(format!("  {}", step_text(step)));
    match step {
        Step::Download { urls } => {
            let others = urls.iter().skip(1);
            others.for_each(|url| reporter.data(format!("        or {url}")));
        }
        Step::Packages { packages } => {
            let lines = table(packages).into_iter();
            lines.for_each(|line| reporter.data(format!("      {line}")));
        }
        _ => {}
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Preflight => "check for the compiler and the libraries' headers".to_owned(),
        Step::Copy { origin, sha256 } => format!("copy {origin} (sha256 of its files: {sha256})"),
        Step::Packages { packages } => packages_text(packages),
        Step::Link => "link the packages, with placeholders rewritten to the prefix".to_owned(),
        Step::Download { urls } => {
            let first = urls.first().map_or_else(String::new, ToString::to_string);
            format!("download {first}")
        }
        Step::Verify {
            sha256: Some(sha256),
        } => format!("verify sha256 {sha256}"),
        Step::Verify { sha256: None } => "skip verification: no sha256 is known".to_owned(),
        Step::Unpack { prefix } => format!("unpack {prefix}"),
        Step::Compile { configure } => format!("compile with {}", configure.join(" ")),
        Step::AddRepository { title } => format!("add {title}, after asking"),
        Step::Run { command } => format!("run {}", shown(command)),
        Step::Find { package } => format!("find the interpreter of {package}"),
        Step::Finalise => "rewrite the build's prefix".to_owned(),
        Step::Probe { expect } => format!("probe: expect {expect}"),
        Step::Commit { key } => format!("commit installs/{key}"),
        Step::Record { key } => format!("register it as {key} in place"),
    }
}

/// Summarises packages in one line.
fn packages_text(packages: &[Package]) -> String {
    let bytes = packages.iter().filter_map(|package| package.size).sum();
    let (count, total) = (packages.len(), text::bytes(bytes));
    format!("download and verify {count} packages, {total}:")
}

/// Returns one line for each package.
fn table(packages: &[Package]) -> Vec<String> {
    let rows: Vec<Vec<String>> = packages
        .iter()
        .map(|package| {
            vec![
                package.name.clone(),
                package.version.clone(),
                package.build.clone(),
                package.size.map_or_else(|| "?".to_owned(), text::bytes),
            ]
        })
        .collect();
    text::table(&rows)
}
