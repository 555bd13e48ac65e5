//! Unpacks a package archive: `.conda` or `.tar.bz2`.

use crate::conda::info;
use crate::conda::link::is_of_disk;
use crate::conda::zip::{self, Zip};
use crate::store::Inventory;
use crate::unpack::{Budget, UnpackError, Unpacker};
use crate::wheel::Method;
use rattler_conda_types::package::{PathType, PathsJson};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Unreadable {
    text: String,
    /// What is at fault.
    pub why: Why,
}

/// What is at fault when an archive is not unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The archive.
    Refused,
    /// The disk.
    Disk,
    /// Neither: the archive cannot be streamed and needs [`extract_whole`].
    OnlyWhole,
}

/// What is known about a newly unpacked directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Every file matches the package's own list and need not be hashed again.
    Checked,
    /// The files were not checked.
    Unchecked,
}

/// Unpacks an archive while it is downloaded. `directory` must exist and be empty.
///
/// # Errors
/// Returns an error if it is not a package or cannot be streamed; anything written must then be
/// discarded.
pub fn extract(
    file: &str,
    reader: impl Read + Send + 'static,
    directory: &Path,
) -> Result<Contents, Unreadable> {
    let budget = Budget::of_archive();
    let mut unpacker = Unpacker::new(directory, Some(""), budget.clone());
    let reader = budget.packed(reader);
    if file.ends_with(".tar.bz2") {
        unpacker.take_archive(reader).map_err(not_unpacked)?;
    } else if file.ends_with(".conda") {
        let zip = Zip::new(reader);
        while let Some(member) = zip.next().map_err(|error| unreadable(&error))? {
            if is_part(&member.name) {
                unpacker.take_archive(member).map_err(not_unpacked)?;
            }
        }
        zip.drain().map_err(|error| unreadable(&error))?;
    } else {
        return Err(refused("it is neither .conda nor .tar.bz2"));
    }
    check(&unpacker.finish().inventory, directory)
}

/// Unpacks a `.conda` whose members cannot be streamed.
///
/// # Errors
/// Returns an error if it is not one.
pub fn extract_whole(archive: &Path, directory: &Path) -> Result<Contents, Unreadable> {
    let open = || File::open(archive).map_err(|error| unreadable(&error));
    let mut file = BufReader::new(open()?);
    let members = zip::members(&mut file).map_err(|error| unreadable(&error))?;
    let budget = Budget::of_archive();
    let mut unpacker = Unpacker::new(directory, Some(""), budget.clone());
    for member in members.iter().filter(|member| is_part(&member.name)) {
        let packed = zip::open(BufReader::new(open()?), member);
        let packed = budget.packed(packed.map_err(|error| unreadable(&error))?);
        let taken = match member.method == Method::Deflated {
            true => {
                let inflated = flate2::read::DeflateDecoder::new(packed);
                unpacker.take_archive(budget.plain(inflated))
            }
            false => unpacker.take_archive(packed),
        };
        taken.map_err(not_unpacked)?;
    }
    check(&unpacker.finish().inventory, directory)
}

/// Whether a member of a `.conda` contains part of the package. Other members are skipped.
fn is_part(name: &str) -> bool {
    (name.starts_with("pkg-") || name.starts_with("info-")) && name.ends_with(".tar.zst")
}

fn not_unpacked(error: UnpackError) -> Unreadable {
    match error {
        UnpackError::Disk(error) => unreadable(&error.source),
        error => unreadable(&error),
    }
}

/// Compares the written files with the package's list.
fn check(inventory: &Inventory, directory: &Path) -> Result<Contents, Unreadable> {
    let paths: PathsJson = info::paths(directory)
        .map_err(|error| refused(&format!("its list of files cannot be read: {error}")))?;
    let files = paths
        .paths
        .iter()
        .filter(|entry| entry.path_type == PathType::HardLink);
    for entry in files {
        let path = entry.relative_path.to_string_lossy();
        let Some(sha256) = entry.sha256 else {
            return Ok(Contents::Unchecked);
        };
        let written = inventory.files.get(path.as_ref()).copied();
        if written != Some(<[u8; 32]>::from(sha256).into()) {
            return Err(refused(&format!(
                "{path} is listed but missing or different"
            )));
        }
    }
    Ok(Contents::Checked)
}

fn refused(text: &str) -> Unreadable {
    Unreadable {
        text: text.to_owned(),
        why: Why::Refused,
    }
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Unreadable {
    let mut text = String::new();
    let mut why = Why::Refused;
    let mut cause = Some(error);
    while let Some(error) = cause {
        let separator = if text.is_empty() { "" } else { ": " };
        text = format!("{text}{separator}{error}");
        let error_of_io = error.downcast_ref::<std::io::Error>();
        if is_of_disk(error) {
            why = Why::Disk;
        } else if error_of_io.is_some_and(|error| error.kind() == ErrorKind::Unsupported) {
            why = Why::OnlyWhole;
        }
        cause = error.source();
    }
    Unreadable { text, why }
}
