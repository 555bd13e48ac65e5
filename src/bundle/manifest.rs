//! `manifest.json`: what a bundle holds, and why one is refused.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind};
use crate::lock::{FILE, LockError};
use crate::unpack::UnpackError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The format that this program reads and writes.
const FORMAT: u32 = 1;

/// The name of the manifest in the archive.
pub(super) const MANIFEST: &str = "manifest.json";
/// The name of the index slice.
pub(super) const INDEX: &str = "index.ndjson";
/// The name of the program.
pub(super) const PROGRAM: &str = "ftpy";
/// What stands before a digest.
const ARTIFACTS: &str = "artifacts/";

/// No artifact is larger: as in a download.
const LARGEST: u64 = 4 << 30;
/// What is read into memory is smaller.
pub(super) const LARGEST_TEXT: u64 = 64 << 20;

/// The manifest of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this file: 1.
    pub format: u32,
    /// The version of ftpy that made the bundle.
    pub ftpy: String,
    /// Everything else in the archive, in its order.
    pub members: Vec<Member>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// `artifacts/<sha256>`
    pub name: String,
    /// What its bytes must be.
    pub sha256: Digest,
    /// How many they are.
    pub size: u64,
    /// What an artifact is called where it comes from; the platform of a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

/// Why a bundle is not used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is no archive, or a hostile one.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// It does not hold what a bundle holds.
    #[error("{0}")]
    Refused(String),
    /// Its lock cannot be used.
    #[error("its lock: {0}")]
    Lock(#[from] LockError),
    /// A newer ftpy made it.
    #[error("it is of format {0}, which a newer ftpy writes; this one reads format {FORMAT}")]
    Newer(u32),
    /// It cannot be read, or written.
    #[error(transparent)]
    Disk(#[from] IoFailure),
    /// It is in order, and not what was wanted.
    #[error("{0}")]
    Other(Failure),
}

impl BundleError {
    /// As a failure about the bundle at `path`.
    #[must_use]
    pub fn at(self, path: &Path) -> Failure {
        let message = format!("{} was refused: {self}", path.display());
        match self {
            Self::Other(failure) => failure,
            Self::Disk(error) | Self::Unpack(UnpackError::Disk(error)) => error.into(),
            Self::Newer(_) => Failure::new(Kind::System, message).hint("update ftpy"),
            Self::Unpack(_) | Self::Refused(_) | Self::Lock(_) => Failure::new(
                Kind::Integrity,
                message,
            )
            .hint(
                "nothing of it was used; copy it again, or make it anew with `ftpy bundle create`",
            ),
        }
    }
}

impl Manifest {
    /// The manifest of a bundle that this program makes.
    #[must_use]
    pub fn of(members: Vec<Member>) -> Self {
        Self {
            format: FORMAT,
            ftpy: env!("CARGO_PKG_VERSION").to_owned(),
            members,
        }
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("strings and numbers are JSON") + "\n"
    }

    /// Reads one.
    ///
    /// # Errors
    /// Where it is of another format, or names what no bundle holds.
    pub fn parse(text: &[u8]) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let refused = |reason: String| BundleError::Refused(format!("its manifest: {reason}"));
        // The format first: a newer manifest may lack fields that this program expects.
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

    /// A text of the bundle's own.
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

/// Where a member stands among the others.
fn rank(member: &Member) -> Result<u8, String> {
    let shown = member.name.escape_debug();
    let (rank, largest) = match member.name.as_str() {
        FILE => (0, LARGEST_TEXT),
        INDEX => (1, LARGEST_TEXT),
        PROGRAM => (2, LARGEST),
        name if name == format!("{ARTIFACTS}{}", member.sha256) => (3, LARGEST),
        _ => return Err(format!("no bundle holds `{shown}`")),
    };
    match member.size <= largest {
        true => Ok(rank),
        false => Err(format!(
            "`{shown}` has {} bytes, which is absurd",
            member.size
        )),
    }
}
