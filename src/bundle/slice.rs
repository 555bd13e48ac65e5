//! The subset of an index in a bundle or mirror: in upstream's format for ftpy, and in uv's format
//! for uv.

use crate::digest::Digest;
use crate::manifest::pbs_name::ArchiveName;
use crate::provider::Candidate;
use ftpy_core::provider_name::ProviderName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An archive of python-build-standalone: a row of ftpy's own format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SliceRow {
    version: String,
    build: String,
    url: String,
    sha256: Digest,
}

/// The locked builds of python-build-standalone, one per line, sorted.
#[must_use]
pub fn ndjson<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> String {
    lines(candidates.into_iter().filter_map(row))
}

/// Adds the rows of another index. Invalid lines are dropped.
#[must_use]
pub fn merged(old: &str, new: &str) -> String {
    lines(rows(old).chain(rows(new)))
}

fn rows(text: &str) -> impl Iterator<Item = SliceRow> + '_ {
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

fn lines(rows: impl Iterator<Item = SliceRow>) -> String {
    let sorted: BTreeMap<String, SliceRow> = rows.map(|row| (row.url.clone(), row)).collect();
    let line = |row: &SliceRow| serde_json::to_string(row).unwrap_or_default() + "\n";
    sorted.values().map(line).collect()
}

fn row(candidate: &Candidate) -> Option<SliceRow> {
    if candidate.provider != ProviderName::Pbs {
        return None;
    }
    Some(SliceRow {
        version: candidate.build.version.to_string(),
        build: candidate.build_id.as_ref()?.to_string(),
        url: candidate.urls().first()?.to_string(),
        sha256: candidate.sha256()?,
    })
}

/// The same rows in the format of uv's `UV_PYTHON_DOWNLOADS_JSON_URL`: the last row of each key.
#[must_use]
pub fn uv(ndjson: &str) -> String {
    let found: Map<String, Value> = rows(ndjson).filter_map(|row| uv_row(&row)).collect();
    let text = serde_json::to_string_pretty(&found);
    text.expect("strings and numbers are JSON") + "\n"
}

fn uv_row(row: &SliceRow) -> Option<(String, Value)> {
    let file = row.url.rsplit('/').next()?;
    let name = ArchiveName::parse(file)?;
    let words = (name.abi.is_free_threaded(), name.abi.debug);
    let variant = match words {
        (false, false) => None,
        (true, false) => Some("freethreaded"),
        (false, true) => Some("debug"),
        (true, true) => Some("freethreaded+debug"),
    };
    let plus = variant.map_or(String::new(), |variant| format!("+{variant}"));
    let (version, target) = (name.version, name.target);
    let (family, level) = match target.arch.split_once("_v") {
        Some((family, level)) if family == "x86_64" => (family, Some(format!("v{level}"))),
        _ => (target.arch.as_str(), None),
    };
    let os = match target.os.as_str() {
        "macos" => "darwin",
        other => other,
    };
    let stage = version.stage.to_string();
    let key = format!(
        "cpython-{version}{plus}-{os}-{}-{}",
        target.arch, target.libc
    );
    let value = json!({
        "name": "cpython",
        "arch": { "family": family, "variant": level },
        "os": os,
        "libc": target.libc,
        "major": version.major,
        "minor": version.minor,
        "patch": version.patch,
        "prerelease": stage,
        "url": row.url,
        "sha256": row.sha256,
        "variant": variant,
        "build": row.build,
    });
    Some((key, value))
}
