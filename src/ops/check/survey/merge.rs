//! `ftpy check --merge`: one site from the parts of a survey.

use crate::check::survey::{RunState, Shard};
use crate::error::{Failure, Kind, Result};
use crate::ops::check::survey::run::{Surveyed, now, today};
use crate::ops::check::survey::site::Site;
use crate::ops::context::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Merges parts. Of a package in several of them, the one that was asked about last counts.
///
/// # Errors
/// Returns an error if a part is not a survey, is damaged, or has other targets than the others.
pub(crate) fn merge(context: &Context, site: &Path, parts: &[PathBuf]) -> Result<Surveyed> {
    let here = &context.env.current_dir;
    let mut read: Vec<(Site, RunState)> = Vec::new();
    for part in parts {
        let part_site = Site::of_part(&here.join(part));
        let state = part_site.state().ok_or_else(|| {
            let message = format!("{} is not a part of a survey", part.display());
            Failure::new(Kind::NotFound, message)
                .hint("name directories that `ftpy check --survey` wrote")
        })?;
        check_alike(&read, part, &state)?;
        read.push((part_site, state));
    }
    let incomplete = incomplete(&read);
    let mut packages = BTreeMap::new();
    for (part, _) in &read {
        for name in part.names() {
            let package = part.package_of_part(&name)?;
            let is_newer = |known: &crate::check::survey::SurveyedPackage| known.run < package.run;
            if packages.get(&name).is_none_or(is_newer) {
                packages.insert(name, package);
            }
        }
    }
    let site = Site::open(&here.join(site))?;
    let names: BTreeSet<String> = packages.keys().cloned().collect();
    for package in packages.into_values() {
        site.write_package(&package)?;
    }
    // What an earlier site has of a part that is missing now is kept.
    if incomplete.is_empty() {
        site.retain(&names);
    }
    let states = read.iter().map(|(_, state)| state);
    let targets = states.clone().next().map(|state| state.targets.clone());
    let point = site.render(&today(), &targets.clone().unwrap_or_default())?;
    site.write_state(&RunState {
        began: states
            .clone()
            .map(|it| it.began.clone())
            .min()
            .unwrap_or_default(),
        finished: Some(now()),
        engine: read
            .first()
            .map(|(_, it)| it.engine.clone())
            .unwrap_or_default(),
        targets: targets.unwrap_or_default(),
        shard: None,
        packages: names.len(),
        requests: states.clone().map(|state| state.requests).sum(),
        bytes: states.clone().map(|state| state.bytes).sum(),
        seconds: states.map(|state| state.seconds).max().unwrap_or(0),
    })?;
    Ok(Surveyed {
        point: Some(point),
        packages: site.names().len(),
        failed: Vec::new(),
        incomplete,
    })
}

fn check_alike(read: &[(Site, RunState)], part: &Path, state: &RunState) -> Result<()> {
    match read.first() {
        Some((first, known)) if known.targets != state.targets => {
            let message = format!(
                "{} and {} are surveys for other targets",
                first.directory().display(),
                part.display()
            );
            Err(Failure::new(Kind::Usage, message)
                .hint("make all parts with the same `--python` and `--platform`"))
        }
        _ => Ok(()),
    }
}

/// What is missing: parts that did not end, and parts that are not there.
fn incomplete(read: &[(Site, RunState)]) -> Vec<String> {
    let mut missing = Vec::new();
    for (part, state) in read {
        if state.finished.is_none() {
            missing.push(format!("{} is unfinished", part.directory().display()));
        }
    }
    let shards = read.iter().filter_map(|(_, state)| state.shard.as_ref());
    let shards: Vec<Shard> = shards.filter_map(|shard| shard.parse().ok()).collect();
    let Some(of) = shards.iter().map(|shard| shard.of).max() else {
        return missing;
    };
    let is_there = |number: &u32| {
        shards.contains(&Shard {
            number: *number,
            of,
        })
    };
    let absent = (1..=of).filter(|number| !is_there(number));
    missing.extend(absent.map(|number| format!("part {number}/{of} is missing")));
    missing
}
