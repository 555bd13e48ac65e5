//! What to do about a package that turns the GIL on: the newest other version that keeps it off.

use crate::check::{
    Candidate, CheckedModule, CheckedPackage, Class, Dependency, Remedy, as_imported, fallback_abi,
};
use crate::error::{Kind, Result};
use crate::ops::check::last_good::other_versions;
use crate::wheel::WheelTarget;
use crate::wheel_reader::{ReadOptions, ReaderTools, WheelToRead, read_wheels};
use std::collections::BTreeSet;

/// How many versions are read for each package, newest first.
const MOST: usize = 12;
/// How many of them at once.
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
        let found = search(tools, package, target).await?;
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
        Err(failure) => return Ok(without(format!("other versions are unknown: {failure}"))),
    };
    let mut seen = 0;
    for some in candidates.chunks(AT_ONCE).take(MOST / AT_ONCE) {
        let reads: Vec<WheelToRead> = some.iter().map(|it| to_read(it, target)).collect();
        let results = read_wheels(tools, &reads, ReadOptions::default()).await?;
        for (candidate, read) in some.iter().zip(results) {
            seen += 1;
            let Ok(read) = read else { continue };
            let modules = read.report.modules.iter();
            let modules = modules.filter_map(|it| as_imported(it, target));
            let modules: Vec<CheckedModule> = modules.map(CheckedModule::from).collect();
            if Class::of_modules(&modules, false).is_good() {
                return Ok(found(package, candidate));
            }
        }
    }
    Ok(without(match seen {
        0 => format!("no other version has a wheel for {target}"),
        1 => "the only other version does not keep it off either".to_owned(),
        _ => format!("none of {seen} other versions, newest first, keeps it off"),
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
    let operator = if candidate.is_newer { ">=" } else { "<=" };
    Remedy {
        last_good: Some(version.clone()),
        constraint: Some(format!("{name}{operator}{version}")),
        ..Remedy::default()
    }
}
