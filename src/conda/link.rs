//! Links unpacked packages into one prefix. The files are placed in the stage; their placeholders
//! become the final prefix.
//!
//! Scripts of packages (`post-link.sh`) are not run. The packages' metadata is validated first, so
//! nothing is written outside the prefix.

use crate::conda::info::Info;
use crate::conda::link_package::OnePackage;
use crate::conda::place_file::Placing;
use crate::conda::placed::Placed;
use crate::conda::python_layout::PythonLayout;
use crate::digest::Digest;
use crate::store::Package;
use rattler_conda_types::package::{FileMode, IndexJson, PathsJson};
use rattler_conda_types::prefix::Prefix;
use rattler_conda_types::prefix_record::PathsEntry;
use rattler_conda_types::{PackageRecord, PrefixRecord, RepoDataRecord, Subdir};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The result of linking.
#[derive(Debug, Default)]
pub struct Linked {
    /// The expected digests of files, by path below the prefix.
    pub expected: BTreeMap<String, Expected>,
    /// Scripts that packages want to run after linking, in package order.
    pub scripts: Vec<Script>,
}

/// A script of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its package.
    pub package: usize,
    /// `bin/.foo-post-link.sh`
    pub path: PathBuf,
}

/// The expected contents of a file.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The digest.
    pub sha256: Digest,
    /// Its package.
    pub package: usize,
}

/// Why packages could not be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A package is invalid.
    #[error("{0}")]
    Refused(String),
    /// A disk error.
    #[error("{0}")]
    Disk(String),
}

/// Links packages in this order from their directories into `made`, for `prefix`.
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
    let (layout, placing) = destination(&records, prefix).map_err(LinkError::Refused)?;
    let checked = checked(packages, &records, prefix, layout.as_ref());
    let (infos, placed) = checked.map_err(LinkError::Refused)?;
    let disk = |error: io::Error| LinkError::Disk(format!("{}: {error}", made.display()));
    Prefix::create(made).map_err(disk)?;
    let mut linked = Linked::default();
    let all = packages.iter().zip(records).zip(infos);
    for (index, (((package, directory), record), info)) in all.enumerate() {
        if is_cancelled() {
            return Err(LinkError::Refused("interrupted".to_owned()));
        }
        linked.note_scripts(index, &info.paths);
        let name = record.package_record.name.as_normalized();
        let one = OnePackage {
            directory,
            layout: layout.as_ref().filter(|_| info.index.noarch.is_python()),
            made,
        };
        let files = one.files(&info.paths, name, |path| {
            placed.owner(path).is_some_and(|owner| owner != index)
        });
        let mut entries = one
            .place(&files, &placing)
            .map_err(|error| failed(&format!("cannot link {}", package.file), &error))?;
        let scripts = one.place_scripts(info.link.as_ref(), placing.prefix);
        entries.extend(scripts.map_err(disk)?);
        entries.sort_by(|a, b| a.relative_path.cmp(&b.relative_path));
        linked.expect(index, &entries);
        // Without paths of the cache, so that a prefix does not depend on the location of the
        // cache.
        let record = PrefixRecord::from_repodata_record(record, entries);
        write_record(&record, made).map_err(LinkError::Disk)?;
    }
    Ok(linked)
}

impl Linked {
    /// The `post-link` scripts, which conda runs. It no longer runs `pre-link` scripts, and
    /// unlinking is not done by conda here.
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
        for entry in entries.iter().filter(|entry| entry.original_path.is_none()) {
            if let Some(sha256) = entry.sha256_in_prefix.or(entry.sha256) {
                let sha256 = Digest::from(<[u8; 32]>::from(sha256));
                let path = entry.relative_path.to_string_lossy().into_owned();
                self.expected.insert(path, Expected { sha256, package });
            }
        }
    }
}

/// The layout of the Python among the packages, and what all files have in common.
fn destination<'a>(
    records: &[RepoDataRecord],
    prefix: &'a Path,
) -> Result<(Option<PythonLayout>, Placing<'a>), String> {
    let of_record = |record: &RepoDataRecord| {
        let subdir: Subdir = record.package_record.subdir.parse().ok()?;
        Some(subdir).filter(|subdir| *subdir != Subdir::NoArch)
    };
    let subdir = records.iter().find_map(of_record).or_else(Subdir::current);
    let subdir = subdir.ok_or("conda has no packages for this machine")?;
    let shown = prefix.to_str();
    let placing = Placing {
        prefix: shown.ok_or_else(|| format!("{} is not UTF-8", prefix.display()))?,
        subdir,
        can_clone: true.into(),
    };
    Ok((PythonLayout::of(records, subdir)?, placing))
}

/// An error with its causes. Disk errors are distinguished from those of the package.
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

/// Whether an error means that a disk is full or read-only.
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

/// Why packages cannot be installed at a prefix, checked before downloading.
#[must_use]
pub fn too_long(prefix: &Path) -> Option<String> {
    let limit = crate::manifest::conda::conda().longest_prefix;
    let length = prefix.as_os_str().len();
    (length > limit).then(|| {
        format!(
            "conda packages support a prefix of at most {limit} bytes, but {} has {length}",
            prefix.display()
        )
    })
}

/// The channel's record of a package.
fn record(package: &Package) -> Result<RepoDataRecord, String> {
    let read: Result<RepoDataRecord, _> = serde_json::from_value(package.record.clone());
    let read = read.map_err(|error| format!("invalid record of {}: {error}", package.file))?;
    let data = &read.package_record;
    // These become file names.
    let named = Package {
        name: data.name.as_normalized().to_owned(),
        version: data.version.to_string(),
        build: data.build.to_string(),
        ..package.clone()
    };
    named
        .check_names()
        .map_err(|error| format!("invalid record of {}: {error}", package.file))?;
    Ok(read)
}

/// Validates the metadata of all packages before anything is written: files stay in the prefix,
/// nothing is placed below a link, and the prefix is short enough.
fn checked(
    packages: &[(&Package, PathBuf)],
    records: &[RepoDataRecord],
    prefix: &Path,
    layout: Option<&PythonLayout>,
) -> Result<(Vec<Info>, Placed), String> {
    let mut placed = Placed::default();
    let mut infos = Vec::new();
    for (index, ((package, directory), record)) in packages.iter().zip(records).enumerate() {
        let refused = |reason: String| format!("{}: {reason}", package.file);
        let info = Info::read(directory).map_err(refused)?;
        check_identity(&info.index, &record.package_record).map_err(refused)?;
        placed
            .add(index, &info, directory, layout)
            .map_err(refused)?;
        for entry in &info.paths.paths {
            placed
                .add_growth(entry, directory, prefix)
                .map_err(refused)?;
        }
        check_length(package, &info.paths, prefix)?;
        if layout.is_none() && info.index.noarch.is_python() {
            return Err(refused("it needs Python".to_owned()));
        }
        infos.push(info);
    }
    Ok((infos, placed))
}

/// Checks that a package is the one that the channel's record describes.
fn check_identity(index: &IndexJson, record: &PackageRecord) -> Result<(), String> {
    let (found, wanted) = (index.name.as_normalized(), record.name.as_normalized());
    let is_same = found == wanted
        && index.version.to_string() == record.version.to_string()
        && index.build == record.build;
    match is_same {
        true => Ok(()),
        false => Err("its info/index.json describes another package".to_owned()),
    }
}

/// Whether a prefix is short enough for the binary files of a package.
fn check_length(package: &Package, paths: &PathsJson, prefix: &Path) -> Result<(), String> {
    let length = prefix.as_os_str().len();
    let placeholders = paths.paths.iter();
    let placeholders = placeholders.filter_map(|entry| entry.prefix_placeholder.as_ref());
    for placeholder in placeholders {
        let limit = placeholder.placeholder.len();
        if placeholder.file_mode == FileMode::Binary && limit < length {
            let (file, prefix) = (&package.file, prefix.display());
            return Err(format!(
                "{file} supports a prefix of at most {limit} bytes, but {prefix} has {length}"
            ));
        }
    }
    Ok(())
}

fn write_record(record: &PrefixRecord, made: &Path) -> Result<(), String> {
    let path = made.join("conda-meta").join(record.file_name());
    let file = std::fs::File::create(&path);
    let written = file.and_then(|file| record.write_to(std::io::BufWriter::new(file), true));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
