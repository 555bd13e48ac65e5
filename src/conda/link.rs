//! Unpacked packages into one prefix. The files go into the stage, the placeholders in them
//! become the prefix that the stage will be renamed to.
//!
//! Scripts of packages (`post-link.sh`) are not run. What a package says about its own files is
//! checked before it is believed: nothing is written outside the prefix.

use crate::digest::Digest;
use crate::store::Package;
use rattler::install::{ExternalSymlinkPolicy, InstallOptions, PythonInfo, link_package_sync};
use rattler_conda_types::package::{FileMode, PathsJson};
use rattler_conda_types::prefix::Prefix;
use rattler_conda_types::prefix_record::PathsEntry;
use rattler_conda_types::{PackageRecord, PrefixRecord, RepoDataRecord, Subdir};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What was linked.
#[derive(Debug, Default)]
pub struct Linked {
    /// The digests that files must now have, by their path below the prefix.
    pub expected: BTreeMap<String, Expected>,
    /// Scripts that packages want to be run after the linking, in the order of the packages.
    pub scripts: Vec<Script>,
}

/// A script that a package brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Which of the packages it is of.
    pub package: usize,
    /// `bin/.foo-post-link.sh`
    pub path: PathBuf,
}

/// What a file must be.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Its bytes.
    pub sha256: Digest,
    /// The package that it is of.
    pub package: usize,
}

/// Why packages were not linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A package is not what it should be.
    #[error("{0}")]
    Refused(String),
    /// The disk does not take it.
    #[error("{0}")]
    Disk(String),
}

/// Links packages, in this order, from their directories into `made`, for `prefix`.
///
/// # Errors
/// See [`LinkError`].
pub fn link(
    packages: &[(&Package, PathBuf)],
    made: &Path,
    prefix: &Path,
    is_cancelled: impl Fn() -> bool,
) -> Result<Linked, LinkError> {
    let records: Vec<RepoDataRecord> = packages
        .iter()
        .map(|(package, _)| record(package))
        .collect::<Result<_, _>>()
        .map_err(LinkError::Refused)?;
    let options = options(&records, prefix).map_err(LinkError::Refused)?;
    let target = Prefix::create(made)
        .map_err(|error| LinkError::Disk(format!("{}: {error}", made.display())))?;
    // The type of the registry has no name outside of rattler; all calls share this one.
    let registry = Arc::default();
    let mut linked = Linked::default();
    let mut prefix_records = Vec::new();
    for (index, ((package, directory), record)) in packages.iter().zip(records).enumerate() {
        if is_cancelled() {
            return Err(LinkError::Refused("interrupted".to_owned()));
        }
        let paths = checked_paths(package, directory, prefix).map_err(LinkError::Refused)?;
        linked.note_scripts(index, &paths);
        let options = InstallOptions {
            paths_json: Some(paths),
            ..options.clone()
        };
        let (entries, _) = link_package_sync(directory, &target, Arc::clone(&registry), options)
            .map_err(|error| failed(&format!("{} cannot be linked", package.file), &error))?;
        linked.expect(index, &entries);
        // Without the paths of the cache: a prefix is the same wherever its packages were kept.
        let record = PrefixRecord::from_repodata_record(record, entries);
        write_record(&record, made).map_err(LinkError::Disk)?;
        prefix_records.push(record);
    }
    // Of two packages with the same file, the one that is needed by the other wins.
    let sorted: Vec<&PrefixRecord> = prefix_records.iter().collect();
    let mut registry = registry
        .lock()
        .map_err(|error| LinkError::Disk(error.to_string()))?;
    let clobbered = registry.unclobber(&sorted, &target);
    let clobbered = clobbered.map_err(|error| failed("files of two packages", &error))?;
    for path in clobbered.into_keys() {
        linked.expected.remove(path.to_string_lossy().as_ref());
    }
    let is_winner = |path: &String| !path.starts_with("__clobbers__/");
    linked.expected.retain(|path, _| is_winner(path));
    Ok(linked)
}

impl Linked {
    /// conda runs `post-link` scripts; `pre-link` ones it has given up, and unlinking is ours.
    fn note_scripts(&mut self, package: usize, paths: &PathsJson) {
        for entry in &paths.paths {
            let path = &entry.relative_path;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') && name.ends_with("-post-link.sh") {
                let path = path.clone();
                self.scripts.push(Script { package, path });
            }
        }
    }

    fn expect(&mut self, package: usize, entries: &[PathsEntry]) {
        for entry in entries {
            if let Some(sha256) = entry.sha256_in_prefix.or(entry.sha256) {
                let sha256 = Digest::from(<[u8; 32]>::from(sha256));
                let path = entry.relative_path.to_string_lossy().into_owned();
                self.expected.insert(path, Expected { sha256, package });
            }
        }
    }
}

/// What all packages are linked with.
fn options(records: &[RepoDataRecord], prefix: &Path) -> Result<InstallOptions, String> {
    let of_record = |record: &RepoDataRecord| {
        let subdir: Subdir = record.package_record.subdir.parse().ok()?;
        Some(subdir).filter(|subdir| *subdir != Subdir::NoArch)
    };
    let subdir = records.iter().find_map(of_record).or_else(Subdir::current);
    let subdir = subdir.ok_or("conda has no packages for this machine")?;
    Ok(InstallOptions {
        target_prefix: Some(prefix.to_owned()),
        platform: Some(subdir),
        python_info: python_info(records, subdir)?,
        external_symlink_policy: ExternalSymlinkPolicy::Deny,
        ..InstallOptions::default()
    })
}

/// An error with its causes; one of the disk's is not the package's fault.
fn failed(what: &str, error: &(dyn std::error::Error + 'static)) -> LinkError {
    let mut text = format!("{what}: {error}");
    let mut is_disk = is_of_disk(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        is_disk |= is_of_disk(error);
        cause = error.source();
    }
    match is_disk {
        true => LinkError::Disk(text),
        false => LinkError::Refused(text),
    }
}

/// Whether an error says that a disk is full or may not be written.
pub(super) fn is_of_disk(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind;
    let kinds = [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
    ];
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| kinds.contains(&error.kind()))
}

/// Why a prefix cannot be written into packages, before any is fetched.
#[must_use]
pub fn too_long(prefix: &Path) -> Option<String> {
    let limit = crate::manifest::conda::conda().longest_prefix;
    let length = prefix.as_os_str().len();
    (length > limit).then(|| {
        format!(
            "conda packages take a prefix of at most {limit} bytes, and {} has {length}",
            prefix.display()
        )
    })
}

/// The record as the channel had it.
fn record(package: &Package) -> Result<RepoDataRecord, String> {
    let read: Result<RepoDataRecord, _> = serde_json::from_value(package.record.clone());
    let read = read.map_err(|error| format!("the record of {}: {error}", package.file))?;
    let data = &read.package_record;
    let (version, build) = (data.version.to_string(), data.build.to_string());
    // They become the name of a file.
    let parts = [data.name.as_normalized(), &version, &build];
    if parts.iter().any(|part| part.contains(['/', '\\', '\0'])) {
        return Err(format!(
            "the record of {} has a slash in its name",
            package.file
        ));
    }
    Ok(read)
}

/// Where Python packages go. A record of a free-threaded build from before CEP 17 does not say.
fn python_info(records: &[RepoDataRecord], subdir: Subdir) -> Result<Option<PythonInfo>, String> {
    let python = records
        .iter()
        .map(|record| &record.package_record)
        .find(|record| record.name.as_normalized() == "python");
    let Some(python) = python else {
        return Ok(None);
    };
    let mut python: PackageRecord = python.clone();
    let is_free_threaded =
        python.build.as_str().ends_with('t') && python.build.as_str().rsplit_once("_cp").is_some();
    if python.python_site_packages_path.is_none() && is_free_threaded && !subdir.is_windows() {
        let version = python.version.to_string();
        let series: Vec<&str> = version.split('.').take(2).collect();
        let path = format!("lib/python{}t/site-packages", series.join("."));
        python.python_site_packages_path = Some(path);
    }
    let info = PythonInfo::from_python_record(&python, subdir);
    info.map(Some).map_err(|error| error.to_string())
}

/// A package's list of its files, if each of them stays in the prefix and the prefix fits.
fn checked_paths(package: &Package, directory: &Path, prefix: &Path) -> Result<PathsJson, String> {
    let file = &package.file;
    let paths = PathsJson::from_package_directory_with_deprecated_fallback(directory)
        .map_err(|error| format!("{file} does not list its files: {error}"))?;
    let length = prefix.as_os_str().len();
    for entry in &paths.paths {
        let path = &entry.relative_path;
        let mut parts = path.components();
        let is_inside = parts.all(|part| matches!(part, Component::Normal(_)));
        let is_ours = path.starts_with(".ftpy") || path.starts_with("conda-meta");
        if !is_inside || is_ours || path.as_os_str().is_empty() {
            return Err(format!(
                "{file} was refused: its file {path:?} leads out of its place"
            ));
        }
        if let Some(placeholder) = &entry.prefix_placeholder
            && placeholder.file_mode == FileMode::Binary
            && placeholder.placeholder.len() < length
        {
            let limit = placeholder.placeholder.len();
            let prefix = prefix.display();
            return Err(format!(
                "{file} takes a prefix of at most {limit} bytes, and {prefix} has {length}"
            ));
        }
    }
    Ok(paths)
}

fn write_record(record: &PrefixRecord, made: &Path) -> Result<(), String> {
    let path = made.join("conda-meta").join(record.file_name());
    let file = std::fs::File::create(&path);
    let written = file.and_then(|file| record.write_to(std::io::BufWriter::new(file), true));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
