//! `ftpy outdated`: lists what `ftpy upgrade` would install.

use crate::cli::daily::Outdated;
use crate::commands::upgrade::nothing_to_upgrade;
use crate::error::{Failure, Kind, Result};
use crate::execute::Options;
use crate::ops::context::Context;
use crate::ops::session::with_session;
use crate::ops::upgrade_candidates::{UpgradeCandidate, candidates, groups};
use crate::report::text;
use serde_json::json;

/// `ftpy outdated`
pub(super) fn outdated(context: &Context, arguments: &Outdated) -> Result<()> {
    let groups = groups(context, &arguments.requests)?;
    if groups.is_empty() {
        return nothing_to_upgrade(context, &arguments.requests);
    }
    let all = with_session(context, Options::default(), async |session| {
        candidates(context, session, groups).await
    })?;
    for note in all.iter().filter_map(|newer| newer.elsewhere.as_ref()) {
        context.reporter.note(note);
    }
    for doubt in all.iter().filter_map(|newer| newer.doubt.as_ref()) {
        context.reporter.warn(doubt);
    }
    let is_due = |newer: &&UpgradeCandidate| newer.next().is_some();
    let found: Vec<&UpgradeCandidate> = all.iter().filter(is_due).collect();
    if context.reporter.is_json() {
        let rows = found.iter().map(|newer| {
            json!({
                "alias": newer.alias,
                "installed": newer.current.key.to_string(),
                "newest": newer.next(),
            })
        });
        context.reporter.json(&rows.collect::<Vec<_>>());
        return conclude(arguments, found.len());
    }
    if found.is_empty() && all.iter().all(|newer| newer.doubt.is_none()) {
        context.reporter.say("every installation is up to date");
    }
    let rows = found.iter().map(|newer| {
        let (from, to) = (
            newer.current.key.to_string(),
            newer.next().unwrap_or_default(),
        );
        vec![newer.alias.clone(), from, "->".to_owned(), to]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    context
        .reporter
        .table(&["REQUEST", "INSTALLED", "", "NEWEST"], &rows);
    conclude(arguments, found.len())
}

fn conclude(arguments: &Outdated, count: usize) -> Result<()> {
    match arguments.exit_code && count > 0 {
        true => {
            let message = format!("{} outdated", text::count(count, "installation"));
            Err(Failure::new(Kind::Findings, message).hint("run `ftpy upgrade`"))
        }
        false => Ok(()),
    }
}
