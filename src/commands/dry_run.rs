//! `--dry-run`: a plan as text.

use crate::distro::commands::shown;
use crate::execute::Named;
use crate::net::redacted;
use crate::provider::Recipe;
use crate::report::Reporter;
use crate::resolve::{Attempt, Plan, Step};

/// A plan as it may be shown.
pub(super) fn without_passwords(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for attempt in &mut plan.attempts {
        for url in attempt
            .candidate
            .archive
            .iter_mut()
            .flat_map(|one| &mut one.urls)
        {
            *url = redacted(url);
        }
    }
    plan
}

/// A named archive as it may be shown.
pub(super) fn named(named: &Named) -> Named {
    Named {
        url: redacted(&named.url),
        ..named.clone()
    }
}

/// Prints what would be done with a named archive.
pub(super) fn show_named(reporter: &Reporter, named: &Named) {
    reporter.data(&named.request);
    let unpack = Step::Unpack {
        prefix: "the directory that its bin/ is in".to_owned(),
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
        reporter.data(format!("  {}", step_text(&step)));
    }
    reporter.data("  start it, and see what it is");
    reporter.data("  rewrite the build's prefix, start it again, commit");
}

/// Prints what would be done, and what instead if that cannot be had.
pub(super) fn show(reporter: &Reporter, plan: &Plan) {
    let Some(first) = plan.attempts.first() else {
        return;
    };
    reporter.data(format!("{} -> {}", plan.request, first.key));
    for step in first.steps() {
        reporter.data(format!("  {}", step_text(&step)));
    }
    let others: Vec<&str> = plan.attempts[1..]
        .iter()
        .map(|other: &Attempt| other.key.as_str())
        .collect();
    if !others.is_empty() {
        reporter.data(format!("  if that cannot be had: {}", others.join(", ")));
    }
    for rejection in &plan.rejections {
        reporter.data(format!("  not from {rejection}"));
    }
    if let Recipe::Packages(packages) = &first.candidate.recipe {
        for note in &packages.notes {
            reporter.say(format!("note: {note}"));
        }
    }
    for note in &plan.notes {
        reporter.say(format!("note: {note}"));
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Preflight => "look for the compiler and the libraries' headers".to_owned(),
        Step::Download { urls } => format!("download {}", urls.join("\n        or ")),
        Step::Verify {
            sha256: Some(sha256),
        } => format!("verify sha256 {sha256}"),
        Step::Verify { sha256: None } => "do not verify: no sha256 is known".to_owned(),
        Step::Unpack { prefix } => format!("unpack {prefix}"),
        Step::Compile { configure } => format!("compile with {}", configure.join(" ")),
        Step::AddRepository { title } => format!("add {title}, after a question of its own"),
        Step::Run { command } => format!("run {}", shown(command)),
        Step::Find { package } => format!("find the interpreter of {package}"),
        Step::Finalise => "rewrite the build's prefix".to_owned(),
        Step::Probe { expect } => format!("start it, and see that it is {expect}"),
        Step::Commit { key } => format!("commit installs/{key}"),
        Step::Record { key } => format!("record it as {key}, where it is"),
    }
}
