//! `ftpy upgrade`: installs the newest patch of each installed minor and variant beside the old
//! one. The alias and the virtual environments made through it then use the new patch.

use crate::cli::daily::Upgrade;
use crate::commands::render::plan;
use crate::error::Result;
use crate::execute::Options;
use crate::ops::active_python::tidy_up;
use crate::ops::context::Context;
use crate::ops::install::pipeline;
use crate::ops::install::result::{InstallResult, row, say};
use crate::ops::install::target::InstallTarget;
use crate::ops::prune::packages;
use crate::ops::session::{jobs, newest_index, with_session};
use crate::ops::upgrade_candidates::{UpgradeCandidate, groups, newer};
use crate::report::{Verb, text};
use crate::resolve::Plan;
use ftpy_core::paste;
use serde_json::json;

/// `ftpy upgrade`
pub(super) fn upgrade(context: &Context, arguments: &Upgrade) -> Result<()> {
    if !arguments.dry_run {
        tidy_up(context);
    }
    let groups = groups(context, &arguments.requests)?;
    let reporter = &context.reporter;
    if groups.is_empty() {
        reporter.say(match arguments.requests.is_empty() {
            true => "no installation to upgrade; run `ftpy install 3.14t` to install one",
            false => "the matching interpreters are not managed by ftpy and cannot be upgraded",
        });
    }
    let options = Options {
        jobs: jobs(),
        forbids_building: arguments.no_build,
        ..Options::default()
    };
    let (outcomes, all) = with_session(context, options, async |session| {
        let index = newest_index(session, context.is_offline).await?;
        let mut all: Vec<UpgradeCandidate> = Vec::new();
        for current in groups {
            all.push(newer(session, &index.text, current).await?);
        }
        let due = all.iter().filter(|newer| newer.next().is_some());
        let plans: Vec<Plan> = due.map(|newer| newer.plan.clone()).collect();
        if arguments.dry_run {
            if reporter.is_json() {
                let documents = plans
                    .iter()
                    .filter_map(|plan| plan::document(session, plan));
                reporter.json(&documents.collect::<Vec<_>>());
            } else {
                plans.iter().for_each(|plan| plan::show(session, plan));
            }
            for doubt in all.iter().filter_map(|newer| newer.doubt.as_ref()) {
                reporter.warn(doubt);
            }
            if plans.is_empty() && all.iter().all(|newer| newer.doubt.is_none()) {
                reporter.say("every installation is up to date");
            }
            return Ok((Vec::new(), all));
        }
        let plans: Vec<InstallTarget> = plans.into_iter().map(InstallTarget::Plan).collect();
        Ok((pipeline::install(session, plans).await?, all))
    })?;
    if !arguments.dry_run {
        report(context, &outcomes, &all);
    }
    Ok(())
}

fn report(context: &Context, outcomes: &[InstallResult], all: &[UpgradeCandidate]) {
    let reporter = &context.reporter;
    let made = |newer: &UpgradeCandidate| {
        let mut rows = outcomes.iter().map(row);
        rows.find(|row| row.receipt.request == newer.plan.request)
            .map(|row| row.key.to_owned())
    };
    if reporter.is_json() {
        let rows = all.iter().map(|newer| {
            json!({
                "alias": newer.alias,
                "from": newer.current.key.to_string(),
                "to": made(newer),
                "packages": packages(&newer.current.prefix),
            })
        });
        reporter.json(&rows.collect::<Vec<_>>());
        return;
    }
    for outcome in outcomes {
        say(reporter, outcome);
    }
    for newer in all {
        let (alias, from) = (&newer.alias, newer.current.key.to_string());
        match (made(newer), &newer.doubt) {
            (Some(to), _) => {
                reporter.status(Verb::Upgraded, format!("{alias}: {from} -> {to}"));
                note_packages(context, newer, &to);
            }
            (None, Some(doubt)) => reporter.warn(doubt),
            (None, None) => {
                reporter.status(Verb::Unchanged, format!("{alias} is up to date ({from})"))
            }
        }
        if let Some(note) = &newer.elsewhere {
            reporter.note(note);
        }
    }
    if !outcomes.is_empty() {
        reporter.hint("`ftpy prune` removes old patches that are no longer used");
    }
}

/// Names the command that installs the packages of the old installation into the new one.
fn note_packages(context: &Context, newer: &UpgradeCandidate, to: &str) {
    let count = packages(&newer.current.prefix);
    if count == 0 {
        return;
    }
    let from = newer.current.key.to_string();
    let freeze = paste!["ftpy", "run", from, "python", "-m", "pip", "freeze"];
    let install = paste![
        "ftpy",
        "run",
        to,
        "python",
        "-m",
        "pip",
        "install",
        "--only-binary",
        ":all:",
        "-r",
        "/dev/stdin"
    ];
    let packages = text::count(count, "package");
    let reporter = &context.reporter;
    reporter.note(format!("{packages} installed into {from} did not move"));
    reporter.hint(format!("`{freeze} | {install}` installs the same versions"));
}
