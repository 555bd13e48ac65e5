//! `ftpy upgrade`: installs the newest patch of each installed minor and variant beside the old
//! one. The alias and the virtual environments made through it then use the new patch.

use crate::cli::daily::Upgrade;
use crate::commands::render::plan;
use crate::error::Result;
use crate::execute::{Options, Session};
use crate::ops::active_python::tidy_up;
use crate::ops::context::Context;
use crate::ops::install::pipeline;
use crate::ops::install::result::{InstallResult, say};
use crate::ops::install::target::InstallTarget;
use crate::ops::move_packages::{MovedPackages, packages_in};
use crate::ops::session::with_session;
use crate::ops::upgrade::{MovePackages, Upgraded, conclude, upgraded};
use crate::ops::upgrade_candidates::{UpgradeCandidate, candidates, groups};
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
    if groups.is_empty() {
        return nothing_to_upgrade(context, &arguments.requests);
    }
    let options = Options {
        forbids_building: arguments.no_build,
        ..Options::default()
    };
    let (outcomes, all) = with_session(context, options, async |session| {
        let all = candidates(context, session, groups).await?;
        let due = all.iter().filter(|newer| newer.next().is_some());
        let plans: Vec<Plan> = due.map(|newer| newer.plan.clone()).collect();
        if arguments.dry_run {
            preview(session, &plans);
            say_doubts(context, &all);
            if arguments.with_packages {
                let packages = all.iter();
                packages.for_each(|newer| preview_packages(context, newer));
            }
            return Ok((Vec::new(), all));
        }
        let plans: Vec<InstallTarget> = plans.into_iter().map(InstallTarget::Plan).collect();
        Ok((pipeline::install(session, plans).await?, all))
    })?;
    if arguments.dry_run {
        return Ok(());
    }
    let moving = arguments.with_packages.then_some(MovePackages {
        allows_sdists: arguments.allow_sdists,
    });
    let upgrades = all.iter();
    let upgrades = upgrades.map(|newer| upgraded(context, moving, &outcomes, newer));
    let upgrades = upgrades.collect::<Result<Vec<_>>>()?;
    report(context, &outcomes, &upgrades);
    conclude(&upgrades, arguments.allow_sdists)
}

/// The end of a command that found nothing that ftpy could upgrade: no source is asked.
pub(super) fn nothing_to_upgrade(context: &Context, requests: &[String]) -> Result<()> {
    context.reporter.say(match requests.is_empty() {
        true => "no installation to upgrade; run `ftpy install 3.14t` to install one",
        false => "the matching interpreters are not managed by ftpy and cannot be upgraded",
    });
    if context.reporter.is_json() {
        context.reporter.json(&json!([]));
    }
    Ok(())
}

/// Prints the plans of a dry run.
fn preview(session: &Session, plans: &[Plan]) {
    if session.reporter.is_json() {
        let documents = plans.iter();
        let documents = documents.filter_map(|plan| plan::document(session, plan));
        let documents: Vec<_> = documents.collect();
        session.reporter.json(&documents);
    } else {
        plans.iter().for_each(|plan| plan::show(session, plan));
    }
}

/// Says why newer builds may exist, or that there are none.
fn say_doubts(context: &Context, all: &[UpgradeCandidate]) {
    let doubts = all.iter().filter_map(|newer| newer.doubt.as_ref());
    doubts.for_each(|doubt| context.reporter.warn(doubt));
    let is_current = |newer: &UpgradeCandidate| newer.next().is_none() && newer.doubt.is_none();
    if all.iter().all(is_current) {
        context.reporter.say("every installation is up to date");
    }
}

/// Says which packages would move.
fn preview_packages(context: &Context, newer: &UpgradeCandidate) {
    let packages = packages_in(&newer.current.prefix);
    if packages.is_empty() || newer.next().is_none() {
        return;
    }
    let from = &newer.current.key;
    let count = text::count(packages.len(), "package");
    let names = packages.into_iter().map(|package| package.requirement);
    let names: Vec<String> = names.collect();
    let names = names.join(", ");
    let reporter = &context.reporter;
    reporter.note(format!(
        "{count} of {from} would be installed, too: {names}"
    ));
}

fn report(context: &Context, outcomes: &[InstallResult], upgrades: &[Upgraded<'_>]) {
    let reporter = &context.reporter;
    if reporter.is_json() {
        let rows = upgrades.iter().map(|upgraded| {
            let current = &upgraded.newer.current;
            let moved = upgraded.packages.as_ref();
            json!({
                "alias": upgraded.newer.alias,
                "from": current.key.to_string(),
                "to": upgraded.to.as_ref().map(|to| to.key.to_string()),
                "packages": packages_in(&current.prefix).len(),
                "moved": moved.map(|packages| &packages.moved),
                "left": moved.map(|packages| &packages.left),
            })
        });
        reporter.json(&rows.collect::<Vec<_>>());
        return;
    }
    for outcome in outcomes {
        say(reporter, outcome);
    }
    for upgraded in upgrades {
        let newer = upgraded.newer;
        let (alias, from) = (&newer.alias, newer.current.key.to_string());
        match (&upgraded.to, &newer.doubt) {
            (Some(to), _) => {
                let to = to.key.to_string();
                reporter.status(Verb::Upgraded, format!("{alias}: {from} -> {to}"));
                match &upgraded.packages {
                    Some(packages) => say_packages(context, packages, &from, &to),
                    None => note_packages(context, newer, &to),
                }
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

/// Reports the packages that were installed, and those that could not be.
fn say_packages(context: &Context, packages: &MovedPackages, from: &str, to: &str) {
    let (moved, reporter) = (&packages.moved, &context.reporter);
    if !moved.is_empty() {
        let count = text::count(moved.len(), "package");
        let names = moved.join(", ");
        let line = format!("{count} of {from} into {to}: {names}");
        reporter.status(Verb::Installed, line);
    }
    for one in &packages.left {
        let (requirement, reason) = (&one.requirement, &one.reason);
        reporter.warn(format!("{requirement} is not in {to}: {reason}"));
    }
}

/// Names the command that installs the packages of the old installation into the new one.
fn note_packages(context: &Context, newer: &UpgradeCandidate, to: &str) {
    let count = packages_in(&newer.current.prefix).len();
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
