//! `Pipfile.lock`: versions and digests, without the names of the files.

use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::requirement::ListedRequest;
use crate::check::lock::source_text::SourceText;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct PipfileLock {
    /// `default`, `develop` and groups of other names, and `_meta`.
    #[serde(flatten)]
    sections: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Package {
    version: Option<String>,
    markers: Option<String>,
    #[serde(default)]
    hashes: Vec<String>,
}

pub(super) fn read(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: PipfileLock = serde_json::from_str(source.text).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        Fault::at(line, format!("invalid JSON: {error}"))
    })?;
    let mut seen = BTreeSet::new();
    let mut requests = Vec::new();
    for (section, packages) in &lock.sections {
        let packages = packages.as_object().filter(|_| section != "_meta");
        for (name, value) in packages.into_iter().flatten() {
            let package = Package::deserialize(value)
                .map_err(|error| Fault::at(line_of(source, name), format!("{name}: {error}")))?;
            // One without a version comes from a directory or a repository.
            let Some(version) = package.version else {
                continue;
            };
            let version = if version == "*" { "" } else { version.as_str() };
            let marker = package.markers.map(|marker| format!("; {marker}"));
            let text = format!("{name}{version}{}", marker.unwrap_or_default());
            if seen.insert(text.clone()) {
                requests.push(ListedRequest {
                    text,
                    name: Some(normalized_name(name)),
                    location: Some(source.location_of_line(line_of(source, name))),
                    hashes: package
                        .hashes
                        .iter()
                        .filter_map(|it| it.strip_prefix("sha256:")?.parse().ok())
                        .collect(),
                });
            }
        }
    }
    Ok(LockFile {
        requests,
        ..LockFile::default()
    })
}

fn line_of(source: &SourceText<'_>, name: &str) -> u32 {
    let key = format!("\"{name}\": {{");
    source.text.find(&key).map_or(1, |at| source.line(at))
}
