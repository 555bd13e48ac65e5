//! Which wheel of each package is checked for which target.

use crate::check::{Class, Dependency, WheelFile, WheelPlace, applies};
use crate::wheel::{
    NoWheel, WheelChoice, WheelName, WheelPlatform, WheelTags, WheelTarget, choose, normalized_name,
};
use crate::xray::Abi;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A package on a target.
pub(super) struct Selection {
    /// The number of the package.
    pub(super) package: usize,
    /// The target.
    pub(super) target: WheelTarget,
    /// The wheel that an installer would take.
    pub(super) wheel: Chosen,
}

/// What an installer would take.
pub(super) enum Chosen {
    /// This wheel, by this tag.
    Wheel {
        /// The number of the wheel in the package's list.
        number: usize,
        /// The tag by which it was chosen.
        tag: String,
    },
    /// No wheel: the class, and the reason.
    Nothing(Class, String),
}

/// Selects a wheel of each package for each target that needs the package.
pub(super) fn of_lists(packages: &[Dependency], targets: &[WheelTarget]) -> Vec<Selection> {
    let mut selections = Vec::new();
    for target in targets {
        let tags = WheelTags::of(*target);
        for (number, package) in packages.iter().enumerate() {
            let marker = package.marker.as_deref();
            if marker.is_some_and(|marker| !applies(marker, *target)) {
                continue;
            }
            let names = package.wheels.iter().map(|wheel| &wheel.name);
            let wheel = match choose(names, package.has_sdist, &tags) {
                WheelChoice::Wheel { index, tag } => Chosen::Wheel { number: index, tag },
                WheelChoice::NoWheel(why) => {
                    let reason = match package.has_unlisted_wheels {
                        true => format!("no wheel for {target} has a hash that the list allows"),
                        false => why.reason(*target),
                    };
                    Chosen::Nothing(class_of(why, package), reason)
                }
            };
            selections.push(Selection {
                package: number,
                target: *target,
                wheel,
            });
        }
    }
    selections
}

/// Without a wheel, a source distribution is compiled where there is one.
fn class_of(why: NoWheel, package: &Dependency) -> Class {
    match why {
        NoWheel::OnlyAbi3 | NoWheel::OnlyAbi3t => Class::OnlyAbi3,
        NoWheel::OtherPlatforms if !package.has_sdist => Class::NotForPlatform,
        _ => Class::NoWheel,
    }
}

/// Selects from wheels on this machine for targets that the person named, as an installer would.
pub(super) fn of_files_for(
    files: Vec<(PathBuf, WheelName)>,
    targets: &[WheelTarget],
) -> (Vec<Dependency>, Vec<Selection>) {
    let packages = packages_of(files);
    let selections = of_lists(&packages, targets);
    (packages, selections)
}

fn packages_of(files: Vec<(PathBuf, WheelName)>) -> Vec<Dependency> {
    let mut packages: BTreeMap<(String, String), Dependency> = BTreeMap::new();
    for (path, name) in files {
        let key = (normalized_name(&name.distribution), name.version.clone());
        let package = packages.entry(key).or_insert_with(|| Dependency {
            name: normalized_name(&name.distribution),
            version: name.version.clone(),
            ..Dependency::default()
        });
        package.wheels.push(WheelFile {
            name,
            place: WheelPlace::File(path),
            sha256: None,
            size: None,
        });
    }
    packages.into_values().collect()
}

/// Reads the names of wheels on this machine, and selects all that free-threaded builds load, each
/// for its own target. Of a package that has none, the reason is given for `targets`.
pub(super) fn of_files(
    files: Vec<(PathBuf, WheelName)>,
    targets: &[WheelTarget],
) -> (Vec<Dependency>, Vec<Selection>) {
    let packages = packages_of(files);
    let mut selections = Vec::new();
    for (package, one) in packages.iter().enumerate() {
        let before = selections.len();
        for (number, wheel) in one.wheels.iter().enumerate() {
            let own = targets
                .first()
                .and_then(|first| own_target(&wheel.name, *first));
            selections.extend(own.map(|(target, tag)| Selection {
                package,
                target,
                wheel: Chosen::Wheel { number, tag },
            }));
        }
        // A platform with wheels for GIL builds only must not go unnoticed.
        let found: Vec<&str> = selections[before..]
            .iter()
            .map(|it| it.target.platform.name())
            .collect();
        let lacking = match found.is_empty() {
            true => targets.to_vec(),
            false => others(one, &found, targets),
        };
        let why = of_lists(std::slice::from_ref(one), &lacking).into_iter();
        selections.extend(why.map(|selection| Selection {
            package,
            ..selection
        }));
    }
    (packages, selections)
}

/// The platforms of a package's wheels that are not among those found.
fn others(package: &Dependency, found: &[&str], targets: &[WheelTarget]) -> Vec<WheelTarget> {
    let Some(usual) = targets.first() else {
        return Vec::new();
    };
    let mut others: Vec<WheelTarget> = Vec::new();
    for tag in package
        .wheels
        .iter()
        .flat_map(|wheel| &wheel.name.platforms)
    {
        let Ok(platform) = tag.parse::<WheelPlatform>() else {
            continue;
        };
        let is_known = |name: &str| found.contains(&name);
        if !is_known(platform.name())
            && !others
                .iter()
                .any(|it| it.platform.name() == platform.name())
        {
            others.push(WheelTarget { platform, ..*usual });
        }
    }
    others
}

/// The target that a wheel is for, if free-threaded builds load it; what its name leaves open is
/// that of `usual`.
fn own_target(name: &WheelName, usual: WheelTarget) -> Option<(WheelTarget, String)> {
    let platform = name.platforms.iter().find_map(|tag| tag.parse().ok());
    let platform: WheelPlatform = match name.platforms.iter().any(|tag| tag == "any") {
        true => usual.platform,
        false => platform?,
    };
    let tagged = |abi: &String| {
        let read = Abi::parse(abi).filter(|abi| abi.free_threaded)?;
        Some((read.minor, abi.clone()))
    };
    let (minor, abi) = match name.abis.iter().find_map(tagged) {
        Some(found) => found,
        None if name.abis.iter().any(|abi| abi == "none") => (usual.minor, "none".to_owned()),
        None => return None,
    };
    let target = WheelTarget {
        minor,
        is_free_threaded: true,
        platform,
    };
    let python = name.pythons.last().map_or("py3", String::as_str);
    let platform = name.platforms.first().map_or("any", String::as_str);
    Some((target, format!("{python}-{abi}-{platform}")))
}
