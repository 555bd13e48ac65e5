//! `pylock.toml`, version 1.0 (PEP 751), of a project or in the output of an installer.
//!
//! ```toml
//! lock-version = "1.0"
//!
//! [[packages]]
//! name = "h3"
//! version = "4.5.0"
//! marker = "sys_platform != 'win32'"
//! index = "https://example.org/simple"
//! sdist = { url = "https://...tar.gz", hashes = { sha256 = "..." } }
//! wheels = [{ url = "https://...whl", size = 7, hashes = { sha256 = "..." } }]
//! ```

use crate::check::dependency::Dependency;
use crate::check::lock::error::{Fault, LockError};
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::source_text::{SourceText, Version};
use crate::check::lock::wheel_file::ListedFile;
use crate::check::parents::Parents;
use crate::secret_url::SecretUrl;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

const VERSION: Version<'_> = Version {
    key: &["lock-version"],
    known: (1, 0),
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PyLock {
    lock_version: Spanned<String>,
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: Spanned<String>,
    version: Option<String>,
    marker: Option<String>,
    index: Option<String>,
    #[serde(default)]
    dependencies: Vec<Reference>,
    sdist: Option<ListedFile>,
    #[serde(default)]
    wheels: Vec<ListedFile>,
    archive: Option<ListedFile>,
    directory: Option<Directory>,
    vcs: Option<toml::Table>,
}

#[derive(Deserialize)]
struct Reference {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Directory {
    path: Option<String>,
}

/// Reads the text of a `pylock.toml`.
///
/// # Errors
/// Returns an error if it is invalid.
pub fn read(file: &Path, text: &str) -> Result<LockFile, LockError> {
    read_source(&SourceText::new(file, text)).map_err(|fault| fault.of(file))
}

pub(super) fn read_source(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: PyLock = source.toml(&VERSION)?;
    let newer = VERSION.newer_text(lock.lock_version.get_ref());
    if let Some(newer) = &newer
        && lock.packages.is_empty()
    {
        let line = source.line(lock.lock_version.span().start);
        return Err(Fault::at(line, newer.clone()));
    }
    let mut parents = Parents::default();
    for package in &lock.packages {
        let names = package.dependencies.iter();
        for name in names.filter_map(|it| it.name.as_ref()) {
            parents.add(name, package.name.get_ref());
        }
    }
    let packages = lock.packages.iter().filter(|package| !is_project(package));
    let dependencies = packages.map(|package| {
        let mut dependency = dependency(source, package);
        dependency.required_by = parents.of(&dependency.name);
        dependency
    });
    Ok(LockFile {
        dependencies: dependencies.collect(),
        notes: newer.into_iter().collect(),
        ..LockFile::default()
    })
}

/// The project itself, as uv exports it.
fn is_project(package: &Package) -> bool {
    let path = package.directory.as_ref().and_then(|it| it.path.as_deref());
    path == Some(".")
}

fn dependency(source: &SourceText<'_>, package: &Package) -> Dependency {
    let files = package.wheels.iter().chain(&package.archive);
    let archive = package.archive.as_ref();
    let index = package.index.as_deref();
    Dependency {
        name: normalized_name(package.name.get_ref()),
        version: package
            .version
            .clone()
            .unwrap_or_else(|| "dynamic".to_owned()),
        wheels: files
            .filter_map(|file| file.wheel(source.directory()))
            .collect(),
        has_sdist: package.sdist.is_some()
            || package.directory.is_some()
            || package.vcs.is_some()
            || archive.is_some_and(ListedFile::is_source),
        is_direct: package.archive.is_some()
            || package.directory.is_some()
            || package.vcs.is_some(),
        marker: package.marker.clone(),
        location: Some(source.location(&package.name.span())),
        index: index.map(SecretUrl::from),
        ..Dependency::default()
    }
}
