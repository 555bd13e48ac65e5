//! What to do about a package that turns the GIL on: the newest other version that keeps it off.

use crate::check::{
    Candidate, CheckedModule, CheckedPackage, Class, Dependency, Remedy, as_imported, fallback_abi,
};
use crate::error::{Kind, Result};
use crate::ops::check::last_good::other_versions;
use crate::ops::check::remedy_cache::{self, Age};
use crate::report::Verb;
use crate::wheel::WheelTarget;
use crate::wheel_reader::{ReadOptions, ReaderTools, WheelToRead, read_wheels};
use std::collections::BTreeSet;

/// How many releases are read for each package, newest first.
const MOST: usize = 12;
/// Each version would have a line of progress of its own.
const OPTIONS: ReadOptions = ReadOptions {
    is_full: false,
    reads_sources: false,
    is_quiet: true,
};
/// How many of them at once, and how many pre-releases, if no release keeps the GIL off.
const AT_ONCE: usize = 4;

/// Adds a remedy to each package that turns the GIL on.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C.
pub(super) async fn add(
    tools: ReaderTools<'_>,
    packages: &[Dependency],
    checked: &mut [CheckedPackage],
) -> Result<()> {
    let offenders = checked.iter().filter(|it| it.class == Class::TurnsOn);
    let offenders: BTreeSet<(String, String)> = offenders
        .map(|it| (it.name.clone(), it.version.clone()))
        .collect();
    for (name, version) in offenders {
        let is_same = |it: &Dependency| it.name == name && it.version == version;
        let Some(package) = packages.iter().find(|it| is_same(it)) else {
            continue;
        };
        let mut same: Vec<&mut CheckedPackage> = checked
            .iter_mut()
            .filter(|it| it.class == Class::TurnsOn && it.name == name && it.version == version)
            .collect();
        let Some(target) = same.first().and_then(|it| it.target) else {
            continue;
        };
        let found = remembered(tools, package, target).await?;
        for package in &mut same {
            let remedy = package.remedy.get_or_insert_default();
            let tracker = remedy.tracker.take();
            *remedy = Remedy {
                tracker,
                ..found.clone()
            };
        }
    }
    Ok(())
}

/// The remedy if the index cannot be asked.
pub(super) fn unknown(why: impl std::fmt::Display) -> Remedy {
    Remedy {
        none_because: Some(format!("other versions are unknown: {why}")),
        is_unknown: true,
        ..Remedy::default()
    }
}

/// What is cached, else what the index knows.
async fn remembered(
    tools: ReaderTools<'_>,
    package: &Dependency,
    target: WheelTarget,
) -> Result<Remedy> {
    let names = (package.name.as_str(), package.version.as_str());
    let key = remedy_cache::key(names, target, package.index.as_ref());
    if let Some(known) = remedy_cache::read(tools.store, &key, Age::Fresh) {
        return Ok(known);
    }
    let task = tools.reporter.task("versions");
    task.step_on(
        Verb::Checking,
        format!("other versions of {}", package.name),
    );
    let found = search(tools, package, target).await?;
    drop(task);
    if !found.is_unknown {
        remedy_cache::write(tools.store, &key, &found);
        return Ok(found);
    }
    Ok(remedy_cache::read(tools.store, &key, Age::Any).unwrap_or(found))
}

/// Reads other versions, newest first, until one keeps the GIL off.
async fn search(
    tools: ReaderTools<'_>,
    package: &Dependency,
    target: WheelTarget,
) -> Result<Remedy> {
    let without = |why: String| Remedy {
        none_because: Some(why),
        ..Remedy::default()
    };
    let candidates = match other_versions(tools.net, package, target).await {
        Ok(candidates) => candidates,
        Err(failure) if failure.kind == Kind::Interrupted => return Err(failure),
        Err(failure) => return Ok(unknown(failure)),
    };
    let (releases, previews): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|it| !it.is_prerelease);
    let (seen, older) = releases.split_at(releases.len().min(MOST));
    // Without modules, none turns the GIL on: such a wheel is looked for in all versions.
    let pure = older.iter().find(|it| it.tag.ends_with("-any"));
    let newer: Vec<Candidate> = previews.into_iter().filter(|it| it.is_newer).collect();
    let newer = &newer[..newer.len().min(AT_ONCE)];
    let rounds = seen.chunks(AT_ONCE);
    let rounds = rounds.chain(pure.map(std::slice::from_ref));
    for some in rounds.chain(newer.chunks(AT_ONCE)) {
        let reads: Vec<WheelToRead> = some.iter().map(|it| to_read(it, target)).collect();
        let results = read_wheels(tools, &reads, OPTIONS).await?;
        for (candidate, read) in some.iter().zip(results) {
            let Ok(read) = read else { continue };
            let modules = read.report.modules.iter();
            let modules = modules.filter_map(|it| as_imported(it, target));
            let modules: Vec<CheckedModule> = modules.map(CheckedModule::from).collect();
            if Class::of_modules(&modules, false).is_good() {
                return Ok(found(package, candidate));
            }
        }
    }
    Ok(without(match (seen.len(), older.len()) {
        (0, _) => format!("no other version has a wheel for {target}"),
        (1, 0) => format!("the only other version with a wheel for {target} does not either"),
        (seen, 0) => {
            format!("none of the {seen} other versions with a wheel for {target} keeps it off")
        }
        (seen, older) => format!(
            "none of the {seen} newest other versions with a wheel for {target} keeps it off; \
             {older} older were not read"
        ),
    }))
}

fn to_read(candidate: &Candidate, target: WheelTarget) -> WheelToRead {
    WheelToRead {
        abi: fallback_abi(&candidate.wheel.name, Some(&target)),
        wheel: candidate.wheel.clone(),
    }
}

fn found(package: &Dependency, candidate: &Candidate) -> Remedy {
    let (name, version) = (&package.name, &candidate.version);
    // Versions between them were read, and do not keep it off.
    let operator = match (candidate.is_prerelease, candidate.is_newer) {
        (true, _) => "==",
        (false, true) => ">=",
        (false, false) => "<=",
    };
    Remedy {
        last_good: Some(version.clone()),
        constraint: Some(format!("{name}{operator}{version}")),
        is_prerelease: candidate.is_prerelease,
        ..Remedy::default()
    }
}
