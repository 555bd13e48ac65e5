//! `pdm.lock`, up to version 4.5: names and digests of the files, with URLs if they were asked for.
//!
//! ```toml
//! [metadata]
//! lock_version = "4.5.0"
//!
//! [[package]]
//! name = "h3"
//! version = "4.5.0"
//! marker = "sys_platform == \"linux\""
//! dependencies = ["numpy>=2"]
//! files = [{file = "h3-4.5.0-cp314-cp314t-win_amd64.whl", hash = "sha256:..."}]
//! ```

use crate::check::dependency::Dependency;
use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::source_text::{SourceText, Version};
use crate::check::lock::wheel_file::ListedFile;
use crate::check::parents::Parents;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

const VERSION: Version<'_> = Version {
    key: &["metadata", "lock_version"],
    known: (4, 5),
};

#[derive(Deserialize)]
struct PdmLock {
    #[serde(default)]
    package: Vec<Package>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    lock_version: Option<String>,
}

#[derive(Deserialize)]
struct Package {
    name: Spanned<String>,
    version: Option<String>,
    marker: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    files: Vec<ListedFile>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
}

pub(super) fn read(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: PdmLock = source.toml(&VERSION)?;
    let version = lock.metadata.lock_version.as_deref();
    let newer = version.and_then(|version| VERSION.newer_text(version));
    let mut parents = Parents::default();
    for package in &lock.package {
        for requirement in &package.dependencies {
            parents.add_requirement(requirement, package.name.get_ref());
        }
    }
    let mut seen = BTreeSet::new();
    let mut dependencies = Vec::new();
    for package in &lock.package {
        let mut dependency = dependency(source, package);
        // A package with extras is listed once more.
        if !seen.insert((dependency.name.clone(), dependency.version.clone())) {
            continue;
        }
        dependency.required_by = parents.of(&dependency.name);
        // With extras, it requires itself.
        dependency
            .required_by
            .retain(|parent| *parent != dependency.name);
        dependencies.push(dependency);
    }
    Ok(LockFile {
        dependencies,
        notes: newer.into_iter().collect(),
        ..LockFile::default()
    })
}

fn dependency(source: &SourceText<'_>, package: &Package) -> Dependency {
    let own = ListedFile {
        url: package.url.clone(),
        path: package.path.clone(),
        ..ListedFile::default()
    };
    let is_by_place = own.url.is_some() || own.path.is_some();
    let own_wheel = own.wheel(source.directory()).map(|mut wheel| {
        let listed = package
            .files
            .iter()
            .find_map(|file| file.wheel(source.directory()));
        wheel.sha256 = listed.and_then(|listed| listed.sha256);
        wheel
    });
    let has_own_wheel = own_wheel.is_some();
    let files = package.files.iter().filter(|_| !is_by_place);
    let wheels = files.filter_map(|file| file.wheel(source.directory()));
    Dependency {
        name: normalized_name(package.name.get_ref()),
        version: package
            .version
            .clone()
            .unwrap_or_else(|| "dynamic".to_owned()),
        wheels: wheels.chain(own_wheel).collect(),
        has_sdist: package.git.is_some()
            || (is_by_place && !has_own_wheel)
            || package.files.iter().any(ListedFile::is_source),
        is_direct: is_by_place || package.git.is_some(),
        marker: package.marker.clone(),
        location: Some(source.location(&package.name.span())),
        ..Dependency::default()
    }
}
