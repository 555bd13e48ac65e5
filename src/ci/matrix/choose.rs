//! From what a project says to the versions that it is tested with.

use crate::ci::matrix::project::Project;
use crate::manifest::releases::Support;
use crate::version_file::contradicts;
use ftpy_shims::abi::Abi;
use ftpy_shims::request::{BuildRequest, Request, Versions};
use ftpy_shims::version::Partial;
use std::collections::BTreeSet;

/// A minor version that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// `(3, 14)`
    pub minor: (u16, u16),
    /// How far free-threading is supported there.
    pub support: Support,
    /// Whether there is a release, and not only pre-releases.
    pub is_released: bool,
    /// Whether upstream's support has ended.
    pub is_over: bool,
}

/// Whether free-threaded builds are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Where the classifier or a pin says so.
    Auto,
    /// Wherever they are supported.
    Always,
    /// Not at all.
    Never,
}

/// What is known of the project, and wanted.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// Its `pyproject.toml`.
    pub project: &'a Project,
    /// Its pins.
    pub pins: &'a [BuildRequest],
    /// Whether free-threaded builds are wanted.
    pub free_threaded: Choice,
}

/// One version of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// `(3, 14)`
    pub minor: (u16, u16),
    /// `t`
    pub is_free_threaded: bool,
}

/// The versions, in their order, and what the person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// At least one.
    pub entries: Vec<Entry>,
    /// Each a sentence.
    pub notes: Vec<String>,
}

/// Why there is no matrix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// The project says nothing of versions.
    #[error("it names no versions: no requires-python, no classifier, and nothing is pinned")]
    Silent,
    /// What it says leaves none.
    #[error("no released version is among those that it names")]
    Nothing,
}

/// Chooses the versions.
///
/// Classifiers name them; without any it is every supported release that `requires-python`
/// admits. A pin adds its own. A free-threaded build is added where free-threading is officially
/// supported (PEP 779): the experimental 3.13t only if it is pinned.
///
/// # Errors
/// Where nothing is left.
pub fn choose(wish: &Wish<'_>, known: &[Known]) -> Result<Matrix, NoVersion> {
    if is_silent(wish.project) && wish.pins.is_empty() {
        return Err(NoVersion::Silent);
    }
    let mut entries = named(wish, known);
    let mut notes = Vec::new();
    for pin in wish.pins {
        match pinned(pin, wish.free_threaded) {
            Some(entry) if admits(wish.project, entry.minor) => {
                entries.insert(entry);
            }
            Some(_) => {
                let pin = text(pin);
                notes.push(format!("{pin} is pinned, but requires-python excludes it"));
            }
            None => {
                let pin = text(pin);
                notes.push(format!("{pin} is pinned, but is no version of this matrix"));
            }
        }
    }
    if entries.is_empty() {
        return Err(NoVersion::Nothing);
    }
    let has_free = entries.iter().any(|entry| entry.is_free_threaded);
    if !has_free && wish.free_threaded == Choice::Auto {
        notes.push(
            "no free-threaded build: neither the classifier `Free Threading` nor a pin asks for one; \
             `--freethreaded always` adds them"
                .to_owned(),
        );
    }
    Ok(Matrix {
        entries: entries.into_iter().collect(),
        notes,
    })
}

/// The versions that the project's metadata names.
fn named(wish: &Wish<'_>, known: &[Known]) -> BTreeSet<Entry> {
    let project = wish.project;
    if is_silent(project) {
        return BTreeSet::new();
    }
    let with_t = match wish.free_threaded {
        Choice::Auto => project.is_free_threading,
        Choice::Always => true,
        Choice::Never => false,
    };
    let is_named = |one: &&Known| match project.minors.is_empty() {
        true => !one.is_over,
        false => project.minors.contains(&one.minor),
    };
    let chosen = known.iter().filter(|one| one.is_released);
    let chosen = chosen
        .filter(is_named)
        .filter(|one| admits(project, one.minor));
    let entries = chosen.flat_map(|one| {
        let entry = |is_free_threaded| Entry {
            minor: one.minor,
            is_free_threaded,
        };
        let has_t = with_t && one.support == Support::Supported;
        std::iter::once(entry(false)).chain(has_t.then(|| entry(true)))
    });
    entries.collect()
}

/// Whether it says nothing of versions.
fn is_silent(project: &Project) -> bool {
    project.requires.is_none() && project.minors.is_empty()
}

/// Whether `requires-python` admits a release of a minor.
fn admits(project: &Project, minor: (u16, u16)) -> bool {
    let range = project.requires.as_ref().map(|(_, range)| range);
    range.is_none_or(|range| !contradicts(&of_minor(minor), range))
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

/// The entry of a pin; none for ranges, debug builds and flavours, which no matrix has a word
/// for, and for a `t` where none is wanted.
fn pinned(pin: &BuildRequest, choice: Choice) -> Option<Entry> {
    let Versions::Partial(partial) = &pin.versions else {
        return None;
    };
    let is_plain = !pin.abi.debug && pin.flavours.is_empty();
    let is_free_threaded = pin.abi.is_free_threaded();
    let is_wanted = !is_free_threaded || choice != Choice::Never;
    (is_plain && is_wanted).then_some(Entry {
        minor: (partial.major, partial.minor?),
        is_free_threaded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::matrix::format::versions;
    use ftpy_shims::parse::parse;

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
        let known = KNOWN.map(|(minor, support, is_released, is_over)| Known {
            minor: (3, minor),
            support,
            is_released,
            is_over,
        });
        let wish = Wish {
            project: &project,
            pins: &pins,
            free_threaded,
        };
        let chosen = match choose(&wish, &known) {
            Ok(matrix) => versions(&matrix.entries).join(" "),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(chosen, expected, "{pyproject} {pins:?}");
    }

    #[test]
    fn versions_are_those_that_the_project_names() {
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
}
