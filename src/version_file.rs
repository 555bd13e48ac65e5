//! Edits version files and compares pins with `pyproject.toml`. Works on text, apart from
//! [`nearest_range`], which looks for that file. Pins are parsed by [`ftpy_core::pin`], and the
//! commands write the files.

use crate::host::plain_file;
use ftpy_core::link_name::is_foreign;
use ftpy_core::parse::parse;
use ftpy_core::pin::words;
use ftpy_core::range::{Condition, Range};
use ftpy_core::request::{Build, BuildRequest, Request, Versions};
use ftpy_core::version::{Stage, Version};
use std::path::{Path, PathBuf};

/// The text of a `.python-version` with its active version replaced by `pin`, or with `pin`
/// appended if it names none. Other lines and comments are kept.
///
/// A comment after the replaced version moves to its own line, because uv and setup-python do not
/// support trailing comments; a byte order mark is removed, because pyenv does not support it.
#[must_use]
pub fn with_pin(text: &str, pin: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut result = String::new();
    let mut is_written = false;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let found = words(".python-version", line).first().copied();
        let Some(word) = found.filter(|_| !is_written) else {
            result.push_str(whole);
            continue;
        };
        // Words for other tools stay after the version.
        if is_foreign(word) && parse(word).is_err() {
            result.push_str(pin);
            result.push_str(ending);
            result.push_str(whole);
            is_written = true;
            continue;
        }
        let after = line
            .find(word)
            .map_or("", |start| &line[start + word.len()..]);
        let comment = after.trim();
        if !comment.is_empty() {
            result.push_str(comment);
            result.push_str(ending);
        }
        result.push_str(pin);
        result.push_str(&whole[line.len()..]);
        is_written = true;
    }
    if !is_written {
        if !result.is_empty() && !result.ends_with('\n') {
            result.push_str(ending);
        }
        result.push_str(pin);
        result.push_str(ending);
    }
    result
}

/// The text of a `.python-version` with all its versions replaced by `pins`, the active one first.
/// Comments and the words of other tools are kept.
#[must_use]
pub fn with_pins(text: &str, pins: &[String]) -> String {
    let Some((first, others)) = pins.split_first() else {
        return text.to_owned();
    };
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut result = String::new();
    let mut is_written = false;
    for whole in with_pin(text, first).split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let Some(word) = words(".python-version", line).first().copied() else {
            result.push_str(whole);
            continue;
        };
        if !is_written {
            is_written = true;
            result.push_str(line);
            for other in others {
                result.push_str(ending);
                result.push_str(other);
            }
            result.push_str(&whole[line.len()..]);
        } else if is_foreign(word) && parse(word).is_err() {
            result.push_str(whole);
        } else if let Some((_, comment)) = line.split_once('#') {
            result.push('#');
            result.push_str(comment);
            result.push_str(&whole[line.len()..]);
        }
    }
    result
}

/// The text without its versions; `None` if only blank lines would remain.
#[must_use]
pub fn without_pins(text: &str) -> Option<String> {
    let kept: String = text
        .split_inclusive('\n')
        .filter(|line| words(".python-version", line.trim_end_matches(['\n', '\r'])).is_empty())
        .collect();
    let is_blank = kept.trim_start_matches('\u{feff}').trim().is_empty();
    (!is_blank).then_some(kept)
}

/// How well other tools support a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// pyenv, uv and setup-python interpret it in the same way.
    All,
    /// Some do; the text lists them.
    Some(&'static str),
    /// Only ftpy does.
    Ftpy,
}

/// Which other tools understand a request in its canonical form.
#[must_use]
pub fn readers(request: &Request) -> Readers {
    let Request::Build(request) = request else {
        return match request {
            Request::System => Readers::Some("uv and setup-python do"),
            Request::Name(_) => Readers::Some("pyenv, uv and setup-python do"),
            _ => Readers::Ftpy,
        };
    };
    let is_own = request.provider.is_some()
        || !request.flavours.is_empty()
        || request.build_id.is_some()
        || !request.target.is_open();
    if is_own {
        return Readers::Ftpy;
    }
    match &request.versions {
        Versions::Range(_) => Readers::Some("pyenv and setup-python do"),
        _ if request.abi.debug => Readers::Some("pyenv and setup-python do"),
        _ if request.prereleases => Readers::Some("uv does"),
        Versions::Partial(partial) => match partial.stage {
            Some(stage) if stage != Stage::Final => Readers::Some("setup-python does"),
            _ => Readers::All,
        },
    }
}

/// `requires-python` in the `[project]` table of a `pyproject.toml`, if it has a valid one.
fn requires_python(project: &toml::Value) -> Option<(String, Range)> {
    let text = project.get("requires-python")?.as_str()?;
    Some((text.to_owned(), range(text)?))
}

/// Parses a range as PEP 440 writes it: `>=3.9, !=3.9.1`. `None` if it is invalid or empty.
#[must_use]
pub fn range(text: &str) -> Option<Range> {
    let conditions: Option<Vec<Condition>> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| match Condition::split(part)? {
            (condition, "") => Some(condition),
            _ => None,
        })
        .collect();
    conditions
        .filter(|conditions| !conditions.is_empty())
        .map(Range)
}

/// Whether no version that satisfies the request is in the range.
#[must_use]
pub fn contradicts(request: &BuildRequest, range: &Range) -> bool {
    let patches = |minor: u16| (0..100).map(move |patch| Version::new(3, minor, patch));
    let mut versions: Vec<Version> = (0..50).flat_map(patches).collect();
    // A pin to a pre-release is compared with that version itself.
    if let Versions::Partial(partial) = &request.versions
        && let (Some(minor), Some(patch), Some(stage)) =
            (partial.minor, partial.patch, partial.stage)
    {
        let version = Version {
            stage,
            ..Version::new(3, minor, patch)
        };
        versions.push(version);
    }
    let mut admitted = versions
        .iter()
        .filter(|version| request.versions.cover(version));
    !admitted.any(|version| range.covers(version))
}

/// The nearest `pyproject.toml` of a project, and its `requires-python` as text and parsed.
#[must_use]
pub fn nearest_range(directory: &Path) -> Option<(PathBuf, String, Range)> {
    let files = directory
        .ancestors()
        .map(|above| above.join("pyproject.toml"));
    for path in files.filter(|path| path.is_file()) {
        let document: toml::Table = plain_file::read_text(&path).ok()?.parse().ok()?;
        // A file without this table has settings of tools, and belongs to the project above.
        let Some(project) = document.get("project") else {
            continue;
        };
        let (requires, range) = requires_python(project)?;
        return Some((path, requires, range));
    }
    None
}

/// Describes the contradiction between a pin and the nearest `pyproject.toml`, if any.
#[must_use]
pub fn contradiction(directory: &Path, request: &BuildRequest) -> Option<String> {
    let (path, requires, range) = nearest_range(directory)?;
    let request_text = Request::Build(request.clone());
    contradicts(request, &range).then(|| sentence(&path, &requires, &request_text.to_string()))
}

/// Describes the contradiction between a build and the nearest `pyproject.toml`, if any. A
/// pre-release counts as its release, as for pip.
#[must_use]
pub fn contradiction_of_build(directory: &Path, build: &Build) -> Option<String> {
    let (path, requires, range) = nearest_range(directory)?;
    let version = build.version;
    let is_admitted = range.covers(&version) || range.covers(&version.release());
    (!is_admitted).then(|| sentence(&path, &requires, &build.name()))
}

fn sentence(path: &Path, requires: &str, what: &str) -> String {
    let path = path.display();
    format!("{path} has requires-python = \"{requires}\", which {what} contradicts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_active_version_is_replaced() {
        for (text, expected) in [
            ("", "3.14t\n"),
            ("3.13\n", "3.14t\n"),
            ("3.13", "3.14t"),
            ("# why\n\n3.13\n3.12\n", "# why\n\n3.14t\n3.12\n"),
            ("3.13 # because\n3.12\n", "# because\n3.14t\n3.12\n"),
            ("\u{feff}3.13\r\n3.12\r\n", "3.14t\r\n3.12\r\n"),
            ("# only\r\n", "# only\r\n3.14t\r\n"),
            ("# only", "# only\n3.14t\n"),
            ("  3.13  \n", "3.14t\n"),
            ("mine\n3.12\n", "3.14t\n3.12\n"),
            ("pypy3.11-7.3.19\n3.12\n", "3.14t\npypy3.11-7.3.19\n3.12\n"),
        ] {
            assert_eq!(with_pin(text, "3.14t"), expected, "{text:?}");
        }
        assert_eq!(without_pins("3.13\n3.12\n\n"), None);
        assert_eq!(
            without_pins("# why\r\n3.13\r\n").as_deref(),
            Some("# why\r\n")
        );
    }

    #[test]
    fn several_pins_replace_every_version() {
        let pins = ["3.14t", "3.13"].map(str::to_owned);
        for (text, expected) in [
            ("", "3.14t\n3.13\n"),
            ("3.12\n3.11\n", "3.14t\n3.13\n"),
            ("3.12", "3.14t\n3.13"),
            ("# a\r\n3.12\r\n# b\r\n", "# a\r\n3.14t\r\n3.13\r\n# b\r\n"),
            ("3.12 # x\n3.11 # y\n", "# x\n3.14t\n3.13\n# y\n"),
            ("3.12\npypy3.11-7.3.19\n", "3.14t\n3.13\npypy3.11-7.3.19\n"),
            ("3.12\n3.13x\n", "3.14t\n3.13\n"),
        ] {
            assert_eq!(with_pins(text, &pins), expected, "{text:?}");
        }
    }

    #[test]
    fn pins_that_other_tools_cannot_read_are_known() {
        let check = |text: &str, expected: Readers| {
            assert_eq!(readers(&parse(text).expect(text)), expected, "{text}");
        };
        check("3.14t", Readers::All);
        check("3.14.7t", Readers::All);
        check("3.14", Readers::All);
        check("3.14td", Readers::Some("pyenv and setup-python do"));
        check("3.14t-dev", Readers::Some("uv does"));
        check(">=3.13t", Readers::Some("pyenv and setup-python do"));
        check("source:3.14t", Readers::Ftpy);
        check("3.14t+tsan", Readers::Ftpy);
    }

    #[test]
    fn a_pin_is_compared_with_requires_python() {
        let check = |requires: &str, pin: &str, expected: bool| {
            let range = range(requires).expect(requires);
            let Ok(Request::Build(request)) = parse(pin) else {
                panic!("{pin}");
            };
            assert_eq!(contradicts(&request, &range), expected, "{requires} {pin}");
        };
        check(">=3.13", "3.14t", false);
        check(">=3.13, <3.14", "3.14t", true);
        check("~=3.13.2", "3.13.1t", true);
        check("!=3.14.*", "3.14t", true);
        check(">=3.14.3", "3.14t", false);
        check("==3.14.*", ">=3.13t", false);
        check(">=3.15.0rc1", "3.15.0rc2t", false);
    }
}
