//! One archive into a directory: `.conda` or `.tar.bz2`.

use crate::conda::link::is_of_disk;
use crate::conda::zip::Zip;
use crate::store::Inventory;
use crate::unpack::{UnpackError, unpack};
use rattler_conda_types::package::{PathType, PathsJson};
use rattler_package_streaming::{ExtractError, read};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Unreadable {
    text: String,
    /// Whose fault it is.
    pub why: Why,
}

/// Whose fault it is that an archive was not unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The archive's.
    Refused,
    /// The disk's.
    Disk,
    /// Nobody's: it has to be read as a whole, by [`extract_whole`].
    OnlyWhole,
}

/// What is known of a directory that was just unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Every file is what the package's own list says; no need to hash them again.
    Checked,
    /// Nobody looked.
    Unchecked,
}

/// Unpacks an archive as its bytes come. `directory` must be there and be empty.
///
/// # Errors
/// Where the bytes are no package, or one that can only be read as a whole; what was written
/// then is of no use.
pub fn extract(
    file: &str,
    reader: impl Read + Send + 'static,
    directory: &Path,
) -> Result<Contents, Unreadable> {
    if file.ends_with(".tar.bz2") {
        let extracted = read::extract_tar_bz2(reader, directory);
        return extracted
            .map(|_| Contents::Unchecked)
            .map_err(|error| unreadable(&error));
    }
    if !file.ends_with(".conda") {
        return Err(refused("it is neither .conda nor .tar.bz2"));
    }
    let zip = Zip::new(reader);
    let mut inventory = Inventory::default();
    while let Some(mut member) = zip.next().map_err(|error| unreadable(&error))? {
        if !member.name.ends_with(".tar.zst") {
            std::io::copy(&mut member, &mut std::io::sink()).map_err(|error| unreadable(&error))?;
            continue;
        }
        match unpack(member, Some(""), directory) {
            Ok(unpacked) => {
                inventory.files.extend(unpacked.inventory.files);
                inventory.links.extend(unpacked.inventory.links);
            }
            // A package that only needs others.
            Err(UnpackError::Empty { .. }) => {}
            Err(UnpackError::Disk(error)) => return Err(unreadable(&error.source)),
            Err(error) => return Err(unreadable(&error)),
        }
    }
    zip.drain().map_err(|error| unreadable(&error))?;
    check(&inventory, directory)
}

/// Unpacks a `.conda` whose members cannot be read one after the other.
///
/// # Errors
/// Where it is none.
pub fn extract_whole(reader: impl Read, directory: &Path) -> Result<Contents, Unreadable> {
    let extracted = read::extract_conda_via_buffering(reader, directory);
    extracted
        .map(|_| Contents::Unchecked)
        .map_err(|error: ExtractError| unreadable(&error))
}

/// Compares what was written with what the package lists.
fn check(inventory: &Inventory, directory: &Path) -> Result<Contents, Unreadable> {
    let paths = PathsJson::from_package_directory_with_deprecated_fallback(directory)
        .map_err(|error| refused(&format!("it does not list its files: {error}")))?;
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
            return Err(refused(&format!("it does not hold what it lists: {path}")));
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
