//! A single requirement (PEP 508), with the forms that pip and uv accept beside it.

use crate::check::dependency::{Dependency, FileLocation, WheelFile};
use crate::check::lock::wheel_file::{digest_of_fragment, file_name_of, has_ending, place_of_url};
use crate::digest::Digest;
use crate::parser_limits::is_excessive_requirement;
use crate::wheel::{WheelName, normalized_name};
use pep508_rs::{Requirement, VerbatimUrl, VersionOrUrl};
use std::path::Path;
use std::str::FromStr;

/// A requirement that an installer has to resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRequest {
    /// The requirement, as written, without hashes: `lxml>=6; sys_platform == 'linux'`.
    pub text: String,
    /// The normalized name; `None` for a directory or archive.
    pub name: Option<String>,
    /// Where it is listed.
    pub location: Option<FileLocation>,
    /// The sha256 digests that its files may have; empty for any.
    pub hashes: Vec<Digest>,
}

/// What a requirement means.
pub(super) enum Meaning {
    /// A wheel by URL or path.
    Wheel(Box<Dependency>),
    /// Everything else, with the name if there is one.
    Request(Option<String>),
}

/// Interprets a requirement. Paths are relative to `directory`.
///
/// # Errors
/// Returns the reason why it is invalid.
pub(super) fn meaning(text: &str, directory: &Path) -> Result<Meaning, String> {
    if let Some(wheel) = wheel_of_place(text, directory) {
        return Ok(wheel);
    }
    if is_place(text) || text.contains("${") {
        return Ok(Meaning::Request(None));
    }
    let Some(parsed) = parsed(text)? else {
        return Ok(Meaning::Request(None));
    };
    let name = normalized_name(parsed.name.as_ref());
    let marker = text
        .split_once(';')
        .map(|(_, marker)| marker.trim().to_owned());
    if let Some(VersionOrUrl::Url(url)) = &parsed.version_or_url {
        let url = url.to_string();
        if let Some(wheel) = wheel(&url, directory) {
            return Ok(Meaning::Wheel(Box::new(Dependency {
                name,
                marker,
                ..dependency(wheel)
            })));
        }
    }
    Ok(Meaning::Request(Some(name)))
}

/// Parses a requirement; `None` if it could be too much for the parser.
///
/// # Errors
/// Returns the reason why it is invalid.
pub(super) fn parsed(text: &str) -> Result<Option<Requirement<VerbatimUrl>>, String> {
    if is_excessive_requirement(text) {
        return Ok(None);
    }
    Requirement::from_str(text).map(Some).map_err(|error| {
        let reason = error.to_string();
        reason.lines().next().unwrap_or_default().to_owned()
    })
}

/// Whether a requirement is the place of a file or directory, without a name.
fn is_place(text: &str) -> bool {
    let word = text.split([' ', ';']).next().unwrap_or_default();
    let before = word.split(['@', '[', '=']).next().unwrap_or_default();
    word.starts_with(['.', '/', '~'])
        || before.contains("://")
        || before.contains('/')
        || before.contains('\\')
        || word.as_bytes().get(1) == Some(&b':')
        || [".whl", ".tar.gz", ".zip"]
            .iter()
            .any(|end| has_ending(word, end))
}

/// `https://host/a-1-py3-none-any.whl ; marker`, `./dist/a-1-py3-none-any.whl`
fn wheel_of_place(text: &str, directory: &Path) -> Option<Meaning> {
    if !is_place(text) {
        return None;
    }
    let (place, marker) = match text.split_once(" ;").or_else(|| text.split_once("; ")) {
        Some((place, marker)) => (place.trim(), Some(marker.trim().to_owned())),
        None => (text, None),
    };
    let wheel = wheel(place, directory)?;
    let dependency = dependency(wheel);
    Some(Meaning::Wheel(Box::new(Dependency {
        marker,
        ..dependency
    })))
}

fn wheel(place: &str, directory: &Path) -> Option<WheelFile> {
    let name: WheelName = file_name_of(place)?.parse().ok()?;
    let bare = place.split('#').next().unwrap_or(place);
    Some(WheelFile {
        name,
        place: place_of_url(bare, directory),
        sha256: digest_of_fragment(place),
        size: None,
    })
}

fn dependency(wheel: WheelFile) -> Dependency {
    Dependency {
        name: normalized_name(&wheel.name.distribution),
        version: wheel.name.version.clone(),
        wheels: vec![wheel],
        is_direct: true,
        ..Dependency::default()
    }
}
