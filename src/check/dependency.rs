//! What is to be checked: packages, and the wheels that a lock or an index lists for them.

use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use crate::wheel::WheelName;
use std::path::PathBuf;

/// A package at a version.
#[derive(Debug, Clone, Default)]
pub struct Dependency {
    /// The normalized name: `scikit-image`.
    pub name: String,
    /// The version.
    pub version: String,
    /// The wheels that are listed for it.
    pub wheels: Vec<WheelFile>,
    /// Whether it has a source distribution.
    pub has_sdist: bool,
    /// The environment marker under which it is needed, as written: `sys_platform == 'win32'`.
    pub marker: Option<String>,
    /// The normalized names of the packages that require it directly.
    pub required_by: Vec<String>,
    /// Where it is listed.
    pub location: Option<FileLocation>,
    /// Whether it comes from a URL, file or repository of its own: an index has another package of
    /// this name, if any.
    pub is_direct: bool,
    /// Whether wheels were left out, whose digests are not listed.
    pub has_unlisted_wheels: bool,
    /// The simple index (PEP 503) that the list names: without the package's name.
    pub index: Option<SecretUrl>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLocation {
    /// The file, as the person named it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

/// A wheel that is listed.
#[derive(Debug, Clone)]
pub struct WheelFile {
    /// Its name.
    pub name: WheelName,
    /// Where it is.
    pub place: WheelPlace,
    /// The digest that the list gives.
    pub sha256: Option<Digest>,
    /// The size in bytes that the list gives.
    pub size: Option<u64>,
}

/// Where a wheel is.
#[derive(Debug, Clone)]
pub enum WheelPlace {
    /// On a server.
    Url(SecretUrl),
    /// On this machine.
    File(PathBuf),
    /// The list has the file's name only (poetry.lock, pdm.lock): the index knows the URL.
    Index,
}
