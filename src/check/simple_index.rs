//! The page of a package in a simple index (PEP 503, PEP 691), and the versions to try when one
//! turns the GIL on.

use crate::check::dependency::{WheelFile, WheelPlace};
use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use crate::wheel::{WheelChoice, WheelName, WheelTags, choose};
use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A wheel of another version than the one in use.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The version.
    pub version: String,
    /// Whether it is newer than the one in use.
    pub is_newer: bool,
    /// Whether it is a pre-release, of which none is in use.
    pub is_prerelease: bool,
    /// The wheel that an installer would take.
    pub wheel: WheelFile,
    /// The tag by which it was chosen.
    pub tag: String,
}

/// A file that a page lists.
#[derive(Debug, Default)]
struct Listed {
    name: String,
    url: String,
    sha256: Option<Digest>,
    size: Option<u64>,
    is_yanked: bool,
    requires_python: Option<String>,
}

/// A version with the files that a page lists for it.
#[derive(Debug, Clone)]
pub struct Release {
    /// The version, normalized.
    pub version: String,
    /// Whether it is a pre-release.
    pub is_prerelease: bool,
    /// Its wheels.
    pub wheels: Vec<WheelFile>,
    /// Whether it has a source distribution.
    pub has_sdist: bool,
}

/// The wheels for a target in the page of a package, of all versions but the one in use, newest
/// first. Yanked files are left out; pre-releases come last, unless one is in use.
///
/// # Errors
/// Returns the reason why the page cannot be read.
pub fn candidates(
    page: &SecretUrl,
    text: &str,
    in_use: &str,
    tags: &WheelTags,
) -> Result<Vec<Candidate>, String> {
    let current = Version::from_str(in_use).ok();
    let wants_pre = current.as_ref().is_some_and(Version::any_prerelease);
    let others = by_version(page, text, &[tags.target.minor])?.into_iter();
    let others = others.filter(|(version, _)| current.as_ref() != Some(version));
    let chosen = others.filter_map(|(version, mut release)| {
        let names = release.wheels.iter().map(|wheel| &wheel.name);
        let WheelChoice::Wheel { index, tag } = choose(names, false, tags) else {
            return None;
        };
        Some(Candidate {
            is_prerelease: !wants_pre && version.any_prerelease(),
            is_newer: current.as_ref().is_some_and(|current| version > *current),
            version: version.to_string(),
            wheel: release.wheels.swap_remove(index),
            tag,
        })
    });
    let mut chosen: Vec<Candidate> = chosen.collect();
    // The order is kept otherwise.
    chosen.sort_by_key(|candidate| candidate.is_prerelease);
    Ok(chosen)
}

/// The versions in the page of a package with the files that these minor versions of Python admit,
/// newest first. Yanked files are left out.
///
/// # Errors
/// Returns the reason why the page cannot be read.
pub fn releases(page: &SecretUrl, text: &str, minors: &[u8]) -> Result<Vec<Release>, String> {
    let releases = by_version(page, text, minors)?.into_iter();
    Ok(releases.map(|(_, release)| release).collect())
}

fn by_version(
    page: &SecretUrl,
    text: &str,
    minors: &[u8],
) -> Result<Vec<(Version, Release)>, String> {
    let base = reqwest::Url::parse(page.expose()).map_err(|error| error.to_string())?;
    let listed = match text.trim_start().starts_with('{') {
        true => of_json(text)?,
        false => of_html(text),
    };
    let mut versions: BTreeMap<Version, Release> = BTreeMap::new();
    for file in listed.into_iter().filter(|file| !file.is_yanked) {
        let wheel = file.name.parse::<WheelName>().ok();
        let written = match &wheel {
            Some(name) => name.version.as_str(),
            None => version_of_sdist(&file.name).unwrap_or_default(),
        };
        let (Ok(version), Ok(url)) = (Version::from_str(written), base.join(&file.url)) else {
            continue;
        };
        if !minors.iter().any(|minor| admits(&file, *minor)) {
            continue;
        }
        let release = versions
            .entry(version)
            .or_insert_with_key(|version| Release {
                version: version.to_string(),
                is_prerelease: version.any_prerelease(),
                wheels: Vec::new(),
                has_sdist: false,
            });
        match wheel {
            Some(name) => release.wheels.push(WheelFile {
                name,
                place: place(page, url),
                sha256: file.sha256,
                size: file.size,
            }),
            None => release.has_sdist = true,
        }
    }
    Ok(versions.into_iter().rev().collect())
}

/// `1.0` of `a-b-1.0.tar.gz`
fn version_of_sdist(file: &str) -> Option<&str> {
    let mut ends = [".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter();
    let stem = ends.find_map(|end| file.strip_suffix(end))?;
    Some(stem.rsplit_once('-')?.1)
}

/// The place of a file. On the same host, it needs the same name and password.
fn place(page: &SecretUrl, mut url: reqwest::Url) -> WheelPlace {
    url.set_fragment(None);
    if let Some(Ok(path)) = crate::file_url::path_of(url.as_str()) {
        return WheelPlace::File(path);
    }
    let Ok(base) = reqwest::Url::parse(page.expose()) else {
        return WheelPlace::Url(SecretUrl::from(url.as_str()));
    };
    let is_same = base.origin() == url.origin();
    if is_same && url.username().is_empty() && !base.username().is_empty() {
        // Both fail only for URLs without a host, which are of no origin.
        let _ = url.set_username(base.username());
        let _ = url.set_password(base.password());
    }
    WheelPlace::Url(SecretUrl::from(url.as_str()))
}

fn admits(file: &Listed, minor: u8) -> bool {
    let range = file.requires_python.as_deref();
    let range = range.and_then(|range| VersionSpecifiers::from_str(range).ok());
    let python = Version::new([3, u64::from(minor), 99]);
    range.is_none_or(|range| range.contains(&python))
}

#[derive(Deserialize)]
struct Page {
    files: Vec<PageFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PageFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    size: Option<u64>,
    requires_python: Option<String>,
    #[serde(default)]
    yanked: serde_json::Value,
}

fn of_json(text: &str) -> Result<Vec<Listed>, String> {
    let page: Page = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let files = page.files.into_iter().map(|file| Listed {
        name: file.filename,
        url: file.url,
        sha256: file.hashes.get("sha256").and_then(|it| it.parse().ok()),
        size: file.size,
        is_yanked: file.yanked.is_string() || file.yanked == serde_json::Value::Bool(true),
        requires_python: file.requires_python,
    });
    Ok(files.collect())
}

/// `<a href="URL#sha256=..." data-requires-python="&gt;=3.9" data-yanked="why">NAME</a>`
fn of_html(text: &str) -> Vec<Listed> {
    let mut found = Vec::new();
    for rest in text.split("<a ").skip(1) {
        let Some((attributes, rest)) = rest.split_once('>') else {
            continue;
        };
        let name = rest.split('<').next().unwrap_or_default().trim();
        let Some(href) = attribute(attributes, "href") else {
            continue;
        };
        let digest = href.split_once("#sha256=").map(|(_, digest)| digest);
        let digest = digest.and_then(|digest| digest.parse().ok());
        found.push(Listed {
            name: unescaped(name),
            sha256: digest,
            size: None,
            is_yanked: attributes.contains("data-yanked"),
            requires_python: attribute(attributes, "data-requires-python"),
            url: href,
        });
    }
    found
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let (_, rest) = attributes.split_once(&format!("{name}="))?;
    let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let value = rest[1..].split(quote).next()?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
    ];
    let text = pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::{WheelPlatform, WheelTarget};

    fn versions(text: &str, in_use: &str) -> Vec<String> {
        let tags = WheelTags::of(WheelTarget {
            minor: 14,
            is_free_threaded: true,
            platform: WheelPlatform::COMMON[0],
        });
        let page = SecretUrl::from("https://me:s3cret@h.example/simple/a/");
        let found = candidates(&page, text, in_use, &tags).expect("a page");
        let found = found.iter().map(|it| {
            let sign = if it.is_newer { "+" } else { "-" };
            let WheelPlace::Url(url) = &it.wheel.place else {
                panic!("a URL");
            };
            assert!(!format!("{:?}", it.wheel).contains("s3cret"));
            format!("{sign}{} {}", it.version, url.expose())
        });
        found.collect()
    }

    #[test]
    fn other_versions_with_a_wheel_are_listed_newest_first() {
        let wheel = |version: &str, more: &str| {
            let file = format!("a-{version}-cp314-cp314t-manylinux_2_28_x86_64.whl");
            format!("<a href=\"../../f/{file}#sha256=00\" {more}>{file}</a><br/>\n")
        };
        let html = [
            "<!DOCTYPE html><html><body>".to_owned(),
            wheel("1.9", ""),
            wheel("1.10", "data-requires-python=\"&gt;=3.9\""),
            wheel("2.0", ""),
            wheel("2.1", "data-requires-python=\"&gt;=3.15\""),
            wheel("2.2", "data-yanked=\"broken\""),
            wheel("2.3rc1", ""),
            wheel("2.4", ""),
            "<a href=\"https://h.example/a-3-cp314-cp314-win_amd64.whl\">a-3-cp314-cp314-win_amd64.whl</a>".to_owned(),
            "<a href='a-3.tar.gz'>a-3.tar.gz</a>".to_owned(),
        ]
        .concat();
        let at = "https://me:s3cret@h.example/f/a-";
        let end = "-cp314-cp314t-manylinux_2_28_x86_64.whl";
        let expected = ["+2.4", "-1.10", "-1.9", "+2.3rc1"];
        let expected = expected.map(|it| format!("{it} {at}{}{end}", &it[1..]));
        assert_eq!(versions(&html, "2.0"), expected);
    }

    #[test]
    fn the_releases_of_a_page_have_their_wheels_and_source_distributions() {
        let page = SecretUrl::from("https://h.example/simple/a/");
        let files = [
            "a-1.tar.gz",
            "a-1-py3-none-any.whl",
            "a-2rc1.zip",
            "a-0.9.exe",
        ];
        let html: String = files
            .iter()
            .map(|file| format!("<a href='{file}'>{file}</a>"))
            .collect();
        let found = releases(&page, &html, &[14]).expect("a page");
        let found: Vec<_> = found
            .iter()
            .map(|it| {
                (
                    &*it.version,
                    it.is_prerelease,
                    it.wheels.len(),
                    it.has_sdist,
                )
            })
            .collect();
        assert_eq!(found, [("2rc1", true, 0, true), ("1", false, 1, true)]);
    }

    #[test]
    fn a_page_in_json_is_read_and_a_password_stays_with_its_host() {
        let json = r#"{"meta": {"api-version": "1.1"}, "name": "a", "files": [
            {"filename": "a-1-py3-none-any.whl", "url": "https://files.example/a-1-py3-none-any.whl",
             "hashes": {}, "size": 7, "yanked": false, "requires-python": null},
            {"filename": "a-2-py3-none-any.whl", "url": "a-2-py3-none-any.whl", "hashes": {}, "yanked": "why"}]}"#;
        assert_eq!(
            versions(json, "3"),
            ["-1 https://files.example/a-1-py3-none-any.whl"]
        );
        assert!(versions("<html>", "3").is_empty());
    }
}
