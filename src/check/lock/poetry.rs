//! `poetry.lock`, up to version 2.1: names and digests of the files, without their URLs.
//!
//! ```toml
//! [[package]]
//! name = "h3"
//! version = "4.5.0"
//! markers = "sys_platform == \"linux\""
//! files = [{file = "h3-4.5.0-cp314-cp314t-win_amd64.whl", hash = "sha256:..."}]
//!
//! [package.dependencies]
//! numpy = ">=2"
//! ```

use crate::check::dependency::Dependency;
use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::source_text::{SourceText, Version};
use crate::check::lock::wheel_file::ListedFile;
use crate::check::parents::Parents;
use crate::secret_url::SecretUrl;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

const VERSION: Version<'_> = Version {
    key: &["metadata", "lock-version"],
    known: (2, 1),
};

#[derive(Deserialize)]
struct PoetryLock {
    #[serde(default)]
    package: Vec<Package>,
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    lock_version: Option<String>,
    /// Before version 2.0.
    #[serde(default)]
    files: BTreeMap<String, Vec<ListedFile>>,
}

#[derive(Deserialize)]
struct Package {
    name: Spanned<String>,
    version: String,
    #[serde(default)]
    groups: Vec<String>,
    markers: Option<Value>,
    #[serde(default)]
    files: Vec<ListedFile>,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    #[serde(default)]
    url: String,
}

pub(super) fn read(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: PoetryLock = source.toml(&VERSION)?;
    let version = lock.metadata.lock_version.as_deref();
    let newer = version.and_then(|version| VERSION.newer_text(version));
    let mut parents = Parents::default();
    for package in &lock.package {
        for name in package.dependencies.keys() {
            parents.add(name, package.name.get_ref());
        }
    }
    let dependencies = lock.package.iter().map(|package| {
        let older = lock.metadata.files.get(package.name.get_ref());
        let mut dependency = dependency(source, package, older);
        dependency.required_by = parents.of(&dependency.name);
        dependency
    });
    Ok(LockFile {
        dependencies: dependencies.collect(),
        notes: newer.into_iter().collect(),
        ..LockFile::default()
    })
}

fn dependency(
    source: &SourceText<'_>,
    package: &Package,
    older: Option<&Vec<ListedFile>>,
) -> Dependency {
    let mut files = package.files.clone();
    files.extend(older.cloned().unwrap_or_default());
    let kind = package.source.as_ref().map(|from| from.r#type.as_str());
    let place = package.source.as_ref().map(|from| from.url.clone());
    for file in &mut files {
        match kind {
            Some("url") => file.url.clone_from(&place),
            Some("file") => file.path.clone_from(&place),
            _ => {}
        }
    }
    let is_tree = matches!(kind, Some("directory" | "git"));
    let is_direct = is_tree || matches!(kind, Some("url" | "file"));
    let index = place.filter(|_| kind == Some("legacy"));
    Dependency {
        name: normalized_name(package.name.get_ref()),
        version: package.version.clone(),
        wheels: files
            .iter()
            .filter_map(|file| file.wheel(source.directory()))
            .collect(),
        has_sdist: is_tree || files.iter().any(ListedFile::is_source),
        is_direct,
        marker: marker(package),
        location: Some(source.location(&package.name.span())),
        index: index.map(SecretUrl::from),
        ..Dependency::default()
    }
}

/// A marker for all groups, or one for each of them.
fn marker(package: &Package) -> Option<String> {
    match package.markers.as_ref()? {
        Value::String(text) => Some(text.clone()),
        // A group without a marker needs the package always.
        Value::Table(groups) if groups.len() >= package.groups.len() => {
            let texts = groups.values().filter_map(Value::as_str);
            let texts: Vec<String> = texts.map(|text| format!("({text})")).collect();
            (!texts.is_empty()).then(|| texts.join(" or "))
        }
        _ => None,
    }
}
