//! Chooses the installer, and adds what it knows to packages.

use crate::cancel::Cancel;
use crate::check::lock::ListedRequest;
use crate::check::{Dependency, WheelFile, WheelPlace};
use crate::digest::Digest;
use crate::error::{Failure, Kind, Result};
use crate::ops::check::resolve::request::{Resolution, Wanted};
use crate::ops::check::resolve::tool::Tools;
use crate::ops::check::resolve::{pip, uv};
use crate::ops::context::Context;
use crate::wheel::WheelTarget;
use std::collections::{BTreeMap, HashMap};

/// Resolves requirements for targets. uv resolves once for all platforms of a version of Python,
/// pip for each target.
///
/// # Errors
/// Returns an error if there is neither uv nor pip, with the installer's own words if it fails,
/// and if the user presses Ctrl-C.
pub(crate) fn resolve(
    context: &Context,
    cancel: &Cancel,
    wanted: Wanted<'_>,
    targets: &[WheelTarget],
) -> Result<Vec<Resolution>> {
    let tools = Tools {
        context,
        cancel,
        deadline: None,
    };
    let mut resolutions = if let Some(uv) = tools.uv() {
        let mut by_minor: BTreeMap<u8, Vec<WheelTarget>> = BTreeMap::new();
        for target in targets {
            by_minor.entry(target.minor).or_default().push(*target);
        }
        let resolved = by_minor.into_iter();
        let resolved = resolved.map(|(_, targets)| uv::resolve(&tools, &uv, wanted, targets));
        resolved.collect::<Result<Vec<_>>>()?
    } else if let Some(pip) = tools.pip() {
        let resolved = targets.iter();
        let resolved = resolved.map(|target| pip::resolve(&tools, &pip, wanted, *target));
        resolved.collect::<Result<Vec<_>>>()?
    } else {
        return Err(no_tool());
    };
    for resolution in &mut resolutions {
        locate_lines(&mut resolution.dependencies, wanted.listed);
        keep_listed(&mut resolution.dependencies, wanted.listed);
    }
    Ok(resolutions)
}

/// Fills in the URLs of wheels of which a lock has the names and digests only. A wheel that the
/// installer's index does not list stays as it is.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn locate_wheels(
    context: &Context,
    cancel: &Cancel,
    dependencies: &mut [Dependency],
    target: WheelTarget,
) -> Result<()> {
    let tools = Tools {
        context,
        cancel,
        deadline: None,
    };
    for pins in batches(dependencies) {
        let found = if let Some(uv) = tools.uv() {
            uv::files(&tools, &uv, &pins, target.minor)?
        } else if let Some(pip) = tools.pip() {
            pip::files(&tools, &pip, &pins, target)?
        } else {
            return Err(no_tool());
        };
        fill_in(dependencies, &found);
    }
    Ok(())
}

/// The pins of the packages whose wheels have no URL. A package that is locked at several versions
/// is in several batches.
fn batches(dependencies: &[Dependency]) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for dependency in dependencies {
        let is_open = |place: &WheelPlace| matches!(place, WheelPlace::Index);
        if !dependency.wheels.iter().any(|wheel| is_open(&wheel.place)) {
            continue;
        }
        let count = counts.entry(&dependency.name).or_default();
        if batches.len() == *count {
            batches.push(Vec::new());
        }
        batches[*count].push(format!("{}=={}", dependency.name, dependency.version));
        *count += 1;
    }
    batches
}

fn fill_in(dependencies: &mut [Dependency], found: &[Dependency]) {
    let known: HashMap<&str, _> = found
        .iter()
        .flat_map(|package| &package.wheels)
        .map(|wheel| (wheel.name.file.as_str(), wheel))
        .collect();
    for wheel in dependencies.iter_mut().flat_map(|it| &mut it.wheels) {
        let is_open = matches!(wheel.place, WheelPlace::Index);
        if let Some(found) = known.get(wheel.name.file.as_str()).filter(|_| is_open) {
            wheel.place = found.place.clone();
            wheel.size = wheel.size.or(found.size);
            // The digest of the lock is what counts.
            wheel.sha256 = wheel.sha256.or(found.sha256);
        }
    }
}

fn locate_lines(dependencies: &mut [Dependency], listed: &[ListedRequest]) {
    for dependency in dependencies {
        let is_same = |it: &&ListedRequest| it.name.as_ref() == Some(&dependency.name);
        let request = listed.iter().find(is_same);
        // The place in the installer's output means nothing to the person.
        dependency.location = request.and_then(|request| request.location.clone());
    }
}

/// Leaves out wheels whose digests are not among those that a requirement lists.
fn keep_listed(dependencies: &mut [Dependency], listed: &[ListedRequest]) {
    for dependency in dependencies {
        let same = listed
            .iter()
            .filter(|it| it.name.as_ref() == Some(&dependency.name));
        let hashes: Vec<Digest> = same.flat_map(|it| it.hashes.iter().copied()).collect();
        if hashes.is_empty() {
            continue;
        }
        let before = dependency.wheels.len();
        // A digest that is not known is compared when the wheel is read with --full.
        let is_listed = |wheel: &WheelFile| wheel.sha256.is_none_or(|it| hashes.contains(&it));
        dependency.wheels.retain(is_listed);
        dependency.has_unlisted_wheels = dependency.wheels.len() < before;
    }
}

fn no_tool() -> Failure {
    let message = "neither uv nor pip is on PATH to resolve packages";
    Failure::new(Kind::NotFound, message)
        .hint("install uv or pip, or check a lock file with URLs: `ftpy check uv.lock`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::lock::wheel_of_url;

    fn dependency(name: &str, version: &str, place: Option<&str>) -> Dependency {
        let file = format!("{name}-{version}-py3-none-any.whl");
        let url = format!("{}/{file}", place.unwrap_or("https://h.example"));
        let mut wheel = wheel_of_url(&url, None).expect("a wheel");
        if place.is_none() {
            wheel.place = WheelPlace::Index;
        }
        Dependency {
            name: name.to_owned(),
            version: version.to_owned(),
            wheels: vec![wheel],
            ..Dependency::default()
        }
    }

    #[test]
    fn only_wheels_without_a_url_are_asked_for_and_filled_in() {
        let mut locked = [
            dependency("a", "1", None),
            dependency("a", "2", None),
            dependency("b", "1", Some("https://own.example")),
            dependency("c", "1", None),
        ];
        let expected = [vec!["a==1", "c==1"], vec!["a==2"]];
        assert_eq!(batches(&locked), expected);
        let found = [
            dependency("a", "1", Some("https://h.example/x")),
            dependency("b", "1", Some("https://other.example")),
        ];
        fill_in(&mut locked, &found);
        let place = |index: usize| format!("{:?}", locked[index].wheels[0].place);
        assert!(
            place(0).contains("https://h.example/x/a-1-"),
            "{}",
            place(0)
        );
        assert!(place(2).contains("own.example"), "{}", place(2));
        assert_eq!(place(3), "Index");
    }
}
