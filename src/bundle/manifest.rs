//! `manifest.json`: the contents of a bundle, and why a bundle is rejected.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind};
use crate::lock::{FILE, LockError};
use crate::unpack::UnpackError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The supported format.
const FORMAT: u32 = 1;

/// The name of the manifest in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// The name of the index slice.
pub(super) const INDEX: &str = "index.ndjson";
/// The name of the program.
pub(super) const PROGRAM: &str = "ftpy";
/// The prefix of digests.
const ARTIFACTS: &str = "artifacts/";

/// The maximum size of an artifact, as for downloads.
const LARGEST: u64 = 4 << 30;
/// The maximum size of a member that is read into memory.
pub(super) const LARGEST_TEXT: u64 = 64 << 20;

/// The manifest of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format: 1.
    pub format: u32,
    /// The version of ftpy that created the bundle.
    pub ftpy: String,
    /// All other members of the archive, in order.
    pub members: Vec<Member>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// `artifacts/<sha256>`
    pub name: String,
    /// Its digest.
    pub sha256: Digest,
    /// Its size.
    pub size: u64,
    /// The original file name of an artifact; the platform of a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

/// Why a bundle is rejected.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not an archive, or a malicious one.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// Its contents are invalid.
    #[error("{0}")]
    Refused(String),
    /// Its lock is invalid.
    #[error("invalid lock file: {0}")]
    Lock(#[from] LockError),
    /// It was created by a newer ftpy.
    #[error("format {0} is newer than this ftpy supports (format {FORMAT})")]
    Newer(u32),
    /// It cannot be read or written.
    #[error(transparent)]
    Disk(#[from] IoFailure),
    /// It is valid, but unsuitable.
    #[error("{0}")]
    Other(Failure),
}

impl BundleError {
    /// Converts to a failure about the bundle at `path`.
    #[must_use]
    pub fn at(self, path: &Path) -> Failure {
        let message = format!("cannot use the bundle {}: {self}", path.display());
        match self {
            Self::Other(failure) => failure,
            Self::Disk(error) | Self::Unpack(UnpackError::Disk(error)) => error.into(),
            Self::Newer(_) => {
                Failure::new(Kind::System, message).hint("run `ftpy self update` to update ftpy")
            }
            Self::Unpack(_) | Self::Refused(_) | Self::Lock(_) => {
                Failure::new(Kind::Integrity, message)
                    .hint("copy it again, or run `ftpy bundle create` to recreate it")
            }
        }
    }
}

impl Manifest {
    /// The manifest of a new bundle.
    #[must_use]
    pub fn of(members: Vec<Member>) -> Self {
        Self {
            format: FORMAT,
            ftpy: env!("CARGO_PKG_VERSION").to_owned(),
            members,
        }
    }

    /// Serialises the manifest.
    #[must_use]
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("strings and numbers are JSON") + "\n"
    }

    /// Parses a manifest.
    ///
    /// # Errors
    /// Returns an error if it has another format or unexpected members.
    pub fn parse(text: &[u8]) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let refused = |reason: String| BundleError::Refused(format!("invalid manifest: {reason}"));
        // The format is checked first: a newer manifest may lack fields that this version expects.
        let Format { format } =
            serde_json::from_slice(text).map_err(|error| refused(error.to_string()))?;
        if format > FORMAT {
            return Err(BundleError::Newer(format));
        }
        let manifest: Self =
            serde_json::from_slice(text).map_err(|error| refused(error.to_string()))?;
        let mut before: Option<(u8, &str)> = None;
        for member in &manifest.members {
            let place = (rank(member).map_err(refused)?, member.name.as_str());
            if before.is_some_and(|before| before >= place) {
                return Err(refused(format!("`{}` is out of order", member.name)));
            }
            before = Some(place);
        }
        match manifest.members.first() {
            Some(first) if first.name == FILE => Ok(manifest),
            _ => Err(refused(format!("it has no {FILE}"))),
        }
    }

    /// The artifacts.
    pub fn artifacts(&self) -> impl Iterator<Item = &Member> {
        let is_one = |member: &&Member| member.name.starts_with(ARTIFACTS);
        self.members.iter().filter(is_one)
    }
}

impl Member {
    /// An artifact.
    #[must_use]
    pub fn artifact(sha256: Digest, size: u64, file: &str) -> Self {
        Self {
            name: format!("{ARTIFACTS}{sha256}"),
            sha256,
            size,
            is: Some(file.to_owned()),
        }
    }

    /// A text member.
    #[must_use]
    pub(super) fn text(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            sha256: Digest::of(bytes),
            size: bytes.len() as u64,
            is: None,
        }
    }

    /// Whether it is an artifact.
    #[must_use]
    pub fn is_artifact(&self) -> bool {
        self.name.starts_with(ARTIFACTS)
    }
}

/// The position of a member among the others.
fn rank(member: &Member) -> Result<u8, String> {
    let shown = member.name.escape_debug();
    let (rank, largest) = match member.name.as_str() {
        FILE => (0, LARGEST_TEXT),
        INDEX => (1, LARGEST_TEXT),
        PROGRAM => (2, LARGEST),
        name if name == format!("{ARTIFACTS}{}", member.sha256) => (3, LARGEST),
        _ => return Err(format!("unexpected file `{shown}`")),
    };
    match member.size <= largest {
        true => Ok(rank),
        false => Err(format!("`{shown}` is too large ({} bytes)", member.size)),
    }
}
