//! Chooses the versions of a test matrix from a project's metadata.

use crate::ci::matrix::entry::{Choice, KnownMinor, Matrix, MatrixEntry, MatrixInput, NoVersion};
use crate::ci::matrix::free_threaded_note::free_note;
use crate::ci::matrix::project::Project;
use crate::manifest::releases::Support;
use crate::version_file::contradicts;
use ftpy_core::abi::Abi;
use ftpy_core::request::{BuildRequest, Request, Versions};
use ftpy_core::version::{Partial, Version};
use std::collections::BTreeSet;

/// Chooses the versions.
///
/// They come from the classifiers; without any, from every supported release that `requires-python`
/// allows. Pins are added. A free-threaded build is added if free threading is officially supported
/// (PEP 779); the experimental 3.13t only if it is pinned.
///
/// # Errors
/// Returns an error if no version remains.
pub fn choose(wish: &MatrixInput<'_>, known: &[KnownMinor]) -> Result<Matrix, NoVersion> {
    if is_silent(wish.project) && wish.pins.is_empty() {
        return Err(NoVersion::Silent);
    }
    let mut notes = disagreements(wish.project, known);
    let mut entries = named(wish, known);
    for pin in wish.pins {
        match pinned(pin, wish, known) {
            Ok(entry) => {
                entries.insert(entry);
            }
            Err(reason) => notes.push(format!("{} is pinned, but {reason}", text(pin))),
        }
    }
    if entries.is_empty() {
        return Err(NoVersion::Nothing {
            is_contradiction: contrary(wish.project).next().is_some(),
            notes,
        });
    }
    notes.extend(older(&entries, wish.project));
    let has_free = entries.iter().any(|entry| entry.is_free_threaded);
    if !has_free && wish.free_threaded != Choice::Never {
        let more = MatrixInput {
            free_threaded: Choice::Always,
            ..wish.clone()
        };
        notes.push(free_note(wish, known, &entries, &named(&more, known)));
    }
    Ok(Matrix {
        entries: entries.into_iter().collect(),
        notes,
    })
}

/// The versions named by the project's metadata.
fn named(wish: &MatrixInput<'_>, known: &[KnownMinor]) -> BTreeSet<MatrixEntry> {
    let project = wish.project;
    let with_t = match wish.free_threaded {
        Choice::Auto => project.is_free_threading,
        Choice::Always => true,
        Choice::Never => false,
    };
    let entries = candidates(project, known).flat_map(|one| {
        let entry = |patch, is_free_threaded| MatrixEntry {
            minor: one.minor,
            patch,
            is_free_threaded,
        };
        let has_t = with_t && one.support == Support::Supported;
        let admitted = admitted(project, one.minor, Some(one));
        admitted.into_iter().flat_map(move |patch| {
            std::iter::once(entry(patch, false)).chain(has_t.then(|| entry(patch, true)))
        })
    });
    entries.collect()
}

/// The released minor versions that the metadata refers to, regardless of `requires-python`.
fn candidates<'a>(
    project: &Project,
    known: &'a [KnownMinor],
) -> impl Iterator<Item = &'a KnownMinor> {
    let is_candidate = |one: &&KnownMinor| {
        let is_named = match project.minors.is_empty() {
            true => !one.is_over,
            false => project.minors.contains(&one.minor),
        };
        is_named && !one.patches.is_empty() && !is_silent(project)
    };
    known.iter().filter(is_candidate)
}

/// Whether the metadata names no versions.
fn is_silent(project: &Project) -> bool {
    project.requires.is_none() && project.minors.is_empty()
}

/// Whether `requires-python` allows a minor version, and by which release if not by its newest.
#[expect(
    clippy::option_option,
    reason = "the inner one is `MatrixEntry::patch`"
)]
fn admitted(
    project: &Project,
    minor: (u16, u16),
    known: Option<&KnownMinor>,
) -> Option<Option<u16>> {
    let Some((_, range)) = &project.requires else {
        return Some(None);
    };
    let Some((known, newest)) = known.and_then(|known| Some((known, known.patches.last()?))) else {
        return (!contradicts(&of_minor(minor), range)).then_some(None);
    };
    let is_admitted = |patch: &u16| range.covers(&Version::new(minor.0, minor.1, *patch));
    if is_admitted(newest) {
        return Some(None);
    }
    let older = known.patches.iter().rev().copied();
    older
        .map(Some)
        .find(|patch| patch.as_ref().is_some_and(is_admitted))
}

/// The minor versions that a classifier names but `requires-python` excludes.
fn contrary(project: &Project) -> impl Iterator<Item = &(u16, u16)> {
    let range = project.requires.as_ref().map(|(_, range)| range);
    let is_excluded = move |minor: &&(u16, u16)| {
        range.is_some_and(|range| contradicts(&of_minor(**minor), range))
    };
    project.minors.iter().filter(is_excluded)
}

/// Contradictions between classifiers, `requires-python` and the released versions.
fn disagreements(project: &Project, known: &[KnownMinor]) -> Vec<String> {
    let Some((text, range)) = &project.requires else {
        return Vec::new();
    };
    let is_excluded = |minor: (u16, u16)| contradicts(&of_minor(minor), range);
    let contrary = contrary(project).map(|(major, minor)| {
        format!(
            "skipping {major}.{minor}: a classifier names it, but requires-python = \"{text}\" \
             excludes it"
        )
    });
    let missing = candidates(project, known)
        .filter(|one| !is_excluded(one.minor) && admitted(project, one.minor, Some(one)).is_none());
    let missing = missing.filter_map(|one| {
        let (major, minor) = one.minor;
        let newest = one.patches.last()?;
        Some(format!(
            "skipping {major}.{minor}: requires-python = \"{text}\" allows none of its known \
             releases; the newest is {major}.{minor}.{newest}"
        ))
    });
    contrary.chain(missing).collect()
}

/// Explains which entries include a patch version, and why.
fn older(entries: &BTreeSet<MatrixEntry>, project: &Project) -> Vec<String> {
    let requires = project.requires.as_ref().map_or("", |(text, _)| text);
    let named: BTreeSet<_> = entries
        .iter()
        .filter_map(|entry| Some((entry.minor, entry.patch?)))
        .collect();
    let note = |((major, minor), patch)| {
        format!(
            "using {major}.{minor}.{patch} instead of {major}.{minor}: requires-python = \
             \"{requires}\" excludes the newest release"
        )
    };
    named.into_iter().map(note).collect()
}

fn text(pin: &BuildRequest) -> String {
    Request::Build(pin.clone()).to_string()
}

fn of_minor((major, minor): (u16, u16)) -> BuildRequest {
    let versions = Versions::Partial(Partial {
        major,
        minor: Some(minor),
        patch: None,
        stage: None,
    });
    BuildRequest::of(versions, Abi::GIL)
}

/// The entry of a pin, or why it has none: a matrix cannot express ranges, debug builds and
/// flavours.
fn pinned(
    pin: &BuildRequest,
    wish: &MatrixInput<'_>,
    known: &[KnownMinor],
) -> Result<MatrixEntry, &'static str> {
    let Versions::Partial(partial) = &pin.versions else {
        return Err("a matrix cannot contain a range");
    };
    let Some(minor) = partial.minor else {
        return Err("it has no minor version");
    };
    if !pin.flavours.is_empty() {
        return Err("a matrix cannot contain a flavour");
    }
    if pin.abi.debug {
        return Err("a matrix cannot contain a debug build");
    }
    let is_free_threaded = pin.abi.is_free_threaded();
    if is_free_threaded && wish.free_threaded == Choice::Never {
        return Err("`--freethreaded never` excludes it");
    }
    let excluded = "requires-python excludes it";
    let requires = wish.project.requires.as_ref();
    if requires.is_some_and(|(_, range)| contradicts(pin, range)) {
        return Err(excluded);
    }
    let minor = (partial.major, minor);
    let known = known.iter().find(|one| one.minor == minor);
    let patch = admitted(wish.project, minor, known).ok_or(excluded)?;
    Ok(MatrixEntry {
        minor,
        patch,
        is_free_threaded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::matrix::format::versions;
    use ftpy_core::parse::parse;

    const KNOWN: [(u16, Support, bool, bool); 5] = [
        (9, Support::None, true, true),
        (12, Support::None, true, false),
        (13, Support::Experimental, true, false),
        (14, Support::Supported, true, false),
        (15, Support::Supported, false, false),
    ];

    fn check(pyproject: &str, pins: &[&str], free_threaded: Choice, expected: &str) {
        let project = Project::parse(&format!("[project]\n{pyproject}\n")).expect(pyproject);
        let pins = pins.iter().map(|pin| match parse(pin) {
            Ok(Request::Build(request)) => request,
            other => panic!("{other:?}"),
        });
        let pins: Vec<BuildRequest> = pins.collect();
        let known = KNOWN.map(|(minor, support, is_released, is_over)| KnownMinor {
            minor: (3, minor),
            support,
            patches: (0..if is_released { 8 } else { 0 }).collect(),
            is_over,
        });
        let wish = MatrixInput {
            project: &project,
            pins: &pins,
            free_threaded,
        };
        let chosen = match choose(&wish, &known) {
            Ok(matrix) => versions(&matrix.entries).join(" "),
            Err(NoVersion::Nothing { .. }) => "Nothing".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(chosen, expected, "{pyproject} {pins:?}");
    }

    #[test]
    fn versions_are_those_named_by_the_project() {
        use Choice::{Always, Auto, Never};
        let from_12 = "requires-python = '>=3.12'";
        let free = "requires-python = '>=3.12'\n\
            classifiers = ['Programming Language :: Python :: Free Threading']";
        let named = "requires-python = '>=3.9'\nclassifiers = [\
            'Programming Language :: Python :: 3.9', 'Programming Language :: Python :: 3.14']";
        check(from_12, &[], Auto, "3.12 3.13 3.14");
        check("requires-python = '>=3.8'", &[], Auto, "3.12 3.13 3.14");
        check(free, &[], Auto, "3.12 3.13 3.14 3.14t");
        check(free, &[], Never, "3.12 3.13 3.14");
        check(from_12, &[], Always, "3.12 3.13 3.14 3.14t");
        check(named, &[], Auto, "3.9 3.14");
        check(named, &["3.13t", "3.14.2t"], Auto, "3.9 3.13t 3.14 3.14t");
        check("requires-python = '>=3.14'", &["3.13t"], Auto, "3.14");
        check("", &["3.14t", "3.14"], Auto, "3.14 3.14t");
        check("", &["3.15t-dev"], Auto, "3.15t");
        check("", &["3.14td", ">=3.13t"], Auto, "Nothing");
        check("", &[], Auto, "Silent");
        check("requires-python = '>=3.15'", &[], Auto, "Nothing");
        check("requires-python = '==3.14.*'", &[], Always, "3.14 3.14t");
    }

    #[test]
    fn a_minor_version_is_represented_by_its_newest_release() {
        use Choice::{Always, Auto};
        check("requires-python = '>=3.14.7'", &[], Auto, "3.14");
        check("requires-python = '>=3.14.8'", &[], Auto, "Nothing");
        check(
            "requires-python = '>=3.13,<=3.14'",
            &[],
            Auto,
            "3.13 3.14.0",
        );
        check(
            "requires-python = '>=3.13,!=3.13.7,<3.14'",
            &[],
            Auto,
            "3.13.6",
        );
        let until = "requires-python = '~=3.14.2,<3.14.5'";
        check(until, &["3.14t", "3.14.7t"], Auto, "3.14.4 3.14.4t");
        check(until, &[], Always, "3.14.4 3.14.4t");
        check("requires-python = ''", &[], Auto, "3.12 3.13 3.14");
    }
}
