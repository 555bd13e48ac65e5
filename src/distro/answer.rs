//! Parses the answers of package managers about the version of a package. Pure: recorded answers
//! are in `tests/fixtures/distro/`.

use crate::manifest::distro::Reader;
use ftpy_core::version::{Version, split_version};
use serde_json::Value;

/// The version of `package` in an answer, as the package manager writes it; `None` if there is no
/// such package.
#[must_use]
pub fn version(reader: Reader, text: &str, package: &str) -> Option<String> {
    let found = match reader {
        Reader::Names => names(text, package),
        Reader::Fields => field(text, "version"),
        Reader::Bare => text.lines().next().map(str::trim),
        Reader::AptPolicy => field(text, "candidate").filter(|version| *version != "(none)"),
        Reader::ApkInstalled => apk(text, true),
        Reader::ApkAvailable => apk(text, false),
        Reader::GentooAtom => text.lines().next_back().and_then(|line| {
            let name = package.split(':').next()?;
            line.trim().strip_prefix(name)?.strip_prefix('-')
        }),
        Reader::PortInstalled => port(text, package),
        Reader::NixProfile => return nix(text, package),
        Reader::BrewJson => return brew(text),
    };
    found
        .filter(|version| !version.is_empty())
        .map(str::to_owned)
}

/// The Python version in a package's version, without epoch, revision and build:
/// `3.15.0~b2-1.fc44`, `1:3.14.7-1+noble1`, `3.15.0_rc1`, Gentoo's `0.3.14.7`.
#[must_use]
pub fn upstream(text: &str) -> Option<Version> {
    let text = text.split_once(':').map_or(text, |(_, rest)| rest);
    let text = text.strip_prefix("0.").unwrap_or(text);
    let text = text.split('-').next()?;
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (release, rest) = text.split_at(digits.unwrap_or(text.len()));
    let stage = rest.strip_prefix(['~', '_', '.']).unwrap_or(rest);
    let stage = stage.replace("alpha", "a").replace("beta", "b");
    let is_stage = ["a", "b", "rc"].iter().any(|name| {
        let number = stage.strip_prefix(name);
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
    });
    let (numbers, _) = split_version(release)?;
    let release = format!("{}.{}.{}", numbers.major, numbers.minor?, numbers.patch?);
    if !is_stage {
        return release.parse().ok();
    }
    let end = stage.find(|c: char| !c.is_ascii_alphanumeric());
    format!("{release}{}", &stage[..end.unwrap_or(stage.len())])
        .parse()
        .ok()
}

/// The last line that starts with the package's name: repositories list old versions first.
fn names<'a>(text: &'a str, package: &str) -> Option<&'a str> {
    let version = |line: &'a str| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let version = words.next()?;
        // dpkg's status; a removed package may leave its configuration files.
        let is_there = words.next().is_none_or(|status| status == "installed");
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        (name == package && is_version && is_there).then_some(version)
    };
    text.lines().filter_map(version).next_back()
}

/// The value of the first `Name : value` line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| {
        let (field, value) = line.split_once(':')?;
        field
            .trim()
            .eq_ignore_ascii_case(name)
            .then_some(value.trim())
    };
    text.lines().find_map(value)
}

/// `apk policy`: versions are indented by two and end in a colon; their repositories follow below.
fn apk(text: &str, wants_installed: bool) -> Option<&str> {
    let mut version = None;
    for line in text.lines() {
        let place = line.trim();
        match line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))
        {
            Some(rest) => version = rest.strip_suffix(':'),
            None if line.starts_with("    ") => {
                let is_local = place.ends_with("apk/db/installed");
                if is_local == wants_installed {
                    return version;
                }
            }
            None => {}
        }
    }
    None
}

fn port<'a>(text: &'a str, package: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter(|line| line.contains("(active)"));
    lines.find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == package).then_some(())?;
        words.next()?.strip_prefix('@')
    })
}

/// The elements of a profile are a list in old versions of nix and a map by name in new ones.
fn nix(text: &str, package: &str) -> Option<String> {
    let document: Value = serde_json::from_str(text).ok()?;
    let elements: Vec<&Value> = match document.get("elements")? {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => return None,
    };
    let element = elements.into_iter().find(|element| {
        let path = element.get("attrPath").and_then(Value::as_str);
        path.is_some_and(|path| path.rsplit('.').next() == Some(package))
    })?;
    let path = element.get("storePaths")?.get(0)?.as_str()?;
    // /nix/store/<hash>-python3-3.14.7
    let name = path.rsplit('/').next()?;
    name.rsplit('-')
        .find(|part| upstream(part).is_some())
        .map(str::to_owned)
}

fn brew(text: &str) -> Option<String> {
    let document: Value = serde_json::from_str(text).ok()?;
    let version = document
        .get("formulae")?
        .get(0)?
        .get("versions")?
        .get("stable")?;
    version.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_python_version_is_extracted_from_a_package_version() {
        for (text, expected) in [
            ("3.14.7-1+noble1", Some("3.14.7")),
            ("1:3.14.7-1", Some("3.14.7")),
            ("3.15.0~b2-1.fc44", Some("3.15.0b2")),
            ("3.15.0~a5-1.fc43", Some("3.15.0a5")),
            ("0.3.14.7", Some("3.14.7")),
            ("0.3.15.0_rc1", Some("3.15.0rc1")),
            ("0.3.14.0_p1", Some("3.14.0")),
            ("3.15.0_beta3-r1", Some("3.15.0b3")),
            ("3.14.0rc3", Some("3.14.0rc3")),
            ("3.14.5_1", Some("3.14.5")),
            ("3.14.2-3.fc44", Some("3.14.2")),
            ("3.14.0-150600.3.8.1", Some("3.14.0")),
            ("3.14", None),
            ("", None),
            ("latest", None),
        ] {
            let found = upstream(text).map(|version| version.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
