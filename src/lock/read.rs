//! Parses lock files. Every error has its line, because people merge these files.

use crate::lock::document::{FORMAT, Lock, LockEntry, LockError};
use crate::lock::entry::{RawBuild, Wrong};
use crate::lock::platform::platform;
use ftpy_core::parse::parse;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Request};
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;

/// Conflict markers at the beginning of a line, which a lock file never contains. The third one is
/// used by diff3's style only.
const MARKS: [&str; 4] = ["<<<<<<<", ">>>>>>>", "|||||||", "======="];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "version")]
    _version: i64,
    platforms: Vec<Spanned<String>>,
    requests: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    sources: Vec<Spanned<String>>,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    build: Vec<Spanned<RawBuild>>,
}

impl FromStr for Lock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, LockError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let is_mark = |line: &str| MARKS.iter().any(|mark| line.starts_with(mark));
        if let Some(line) = text.lines().position(is_mark) {
            return Err(LockError::Conflict {
                line: line + 1,
                named: named(text),
            });
        }
        let table: toml::Table = toml::from_str(text).map_err(|error| bad(text, &error))?;
        // The format is checked first: a newer lock file may have unknown fields.
        match table.get("version").and_then(toml::Value::as_integer) {
            Some(newer) if newer > FORMAT => return Err(LockError::Newer(newer)),
            Some(FORMAT) => {}
            _ => {
                let head = text.split("[[").next().unwrap_or(text);
                let at = head.find("\nversion").map_or(0, |before| before + 1);
                return Err(wrong(text, at, format!("`version` must be {FORMAT}")));
            }
        }
        let raw: Raw = toml::from_str(text).map_err(|error| bad(text, &error))?;
        lock(text, raw)
    }
}

/// The explicit requests on both sides of a conflict, without duplicates. Invalid requests are
/// skipped, so that they are not shown as requests.
fn named(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for side in ["<<<<<<<", "======="] {
        let mut part = ">>>>>>>";
        let lines = text.lines().filter(|line| {
            let mark = MARKS.iter().find(|mark| line.starts_with(**mark));
            part = mark.unwrap_or(&part);
            mark.is_none() && (part == ">>>>>>>" || part == side)
        });
        let lines = lines.skip_while(|line| *line != "requests = [").skip(1);
        for line in lines.take_while(|line| *line != "]") {
            let name = line.trim().trim_end_matches(',').trim_matches('"');
            if let Ok(request) = request(name)
                && !found.contains(&request.to_string())
            {
                found.push(request.to_string());
            }
        }
    }
    found
}

fn lock(text: &str, raw: Raw) -> Result<Lock, LockError> {
    let platforms = each(text, &raw.platforms, platform)?;
    let requests = raw.requests.as_deref();
    let requests = requests
        .map(|texts| each(text, texts, request))
        .transpose()?;
    let sources = each(text, &raw.sources, |name| {
        ProviderName::from_name(name).ok_or_else(|| format!("`{name}` is not a source"))
    })?;
    let mut entries: Vec<LockEntry> = Vec::new();
    let mut seen = HashMap::new();
    for block in raw.build {
        let at = block.span().start;
        let entry = entry(block.into_inner())
            .map_err(|(field, reason)| wrong(text, place_of(field, text, at), reason))?;
        let key = (entry.request.to_string(), entry.platform.to_string());
        let line = line_of(text, at);
        if let Some(first) = seen.get(&key) {
            let (request, platform) = key;
            let reason =
                format!("{request} on {platform} appears more than once (first on line {first})");
            return Err(wrong(text, at, reason));
        }
        seen.insert(key, line);
        entries.push(entry);
    }
    let mut lock = Lock {
        requests,
        platforms,
        sources,
        channels: raw.channels,
        entries,
    };
    lock.sort();
    Ok(lock)
}

fn entry(block: RawBuild) -> Result<LockEntry, Wrong> {
    let request = request(&block.request).map_err(|reason| ("request", reason))?;
    let platform = platform(&block.platform).map_err(|reason| ("platform", reason))?;
    let found = block.found(&request, &platform)?;
    Ok(LockEntry {
        request,
        platform,
        found,
    })
}

fn request(text: &str) -> Result<BuildRequest, String> {
    match parse(text) {
        Ok(Request::Build(request)) => Ok(request),
        Ok(_) => Err(format!(
            "`{}` is not a request for a build",
            text.escape_debug()
        )),
        Err(error) => Err(error.to_string()),
    }
}

fn each<T>(
    text: &str,
    values: &[Spanned<String>],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, LockError> {
    let read = |value: &Spanned<String>| {
        let Range { start, .. } = value.span();
        read(value.get_ref()).map_err(|reason| wrong(text, start, reason))
    };
    values.iter().map(read).collect()
}

fn bad(text: &str, error: &toml::de::Error) -> LockError {
    let at = error.span().map_or(0, |span| span.start);
    let reason = error.message().lines().collect::<Vec<_>>().join(", ");
    wrong(text, at, reason)
}

fn wrong(text: &str, at: usize, reason: String) -> LockError {
    let line = line_of(text, at);
    LockError::Bad { line, reason }
}

/// The line of a field in the block that starts at `at`, or of the block if the field is missing.
fn place_of(field: &str, text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let block = rest.split("\n[[build]]").next().unwrap_or(rest);
    let field = format!("\n{field} ");
    block.find(&field).map_or(at, |before| at + before + 1)
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
