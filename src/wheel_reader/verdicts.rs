//! The cache of reports and of import statements: a file of JSON for each wheel, in the store.
//!
//! A wheel is identified by its listed sha256, else by the names, sizes and checksums of its
//! members. A report that another version of ftpy wrote, or that is damaged, is ignored.

use crate::check::WheelReport;
use crate::digest::{Digest, Hasher};
use crate::store::{Store, write_whole};
use crate::wheel::Directory;
use crate::wheel_reader::request::{ReadOptions, SourceScan};
use crate::xray::Abi;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of the X-ray and of the scanner of imports. The number at its end is increased
/// whenever verdicts may change.
pub(crate) const ENGINE: &str = concat!(env!("CARGO_PKG_VERSION"), "-3");

#[derive(Serialize, Deserialize)]
struct Entry<T> {
    engine: String,
    is_hash_verified: bool,
    found: T,
}

/// The key of a wheel whose sha256 is listed.
pub(super) fn key_of_digest(sha256: &Digest, abi: Option<Abi>) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(b"sha256\n");
    hasher.update(sha256.to_string().as_bytes());
    with_abi(hasher, abi)
}

/// The key of a wheel by its members.
pub(super) fn key_of_members(directory: &Directory, abi: Option<Abi>) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(b"members\n");
    for member in &directory.members {
        let line = format!("{:08x} {} {}\n", member.crc32, member.size, member.name);
        hasher.update(line.as_bytes());
    }
    with_abi(hasher, abi)
}

fn with_abi(mut hasher: Hasher, abi: Option<Abi>) -> Digest {
    hasher.update(format!("\n{abi:?}").as_bytes());
    hasher.finish()
}

/// The cached report on an archive that was compared with this sha256.
#[must_use]
pub fn cached_report(store: &Store, sha256: &Digest, abi: Option<Abi>) -> Option<WheelReport> {
    read(store, &key_of_digest(sha256, abi), true)
}

/// Caches a report on an archive that was compared with this sha256.
pub fn keep_report(store: &Store, sha256: &Digest, abi: Option<Abi>, report: &WheelReport) {
    write_report(store, &key_of_digest(sha256, abi), report);
}

/// What is cached of a wheel.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The report.
    pub(super) report: Option<WheelReport>,
    /// The import statements.
    pub(super) sources: Option<Vec<SourceScan>>,
}

impl Known {
    /// Reads what the options need. With `--full`, only what is of a verified wheel.
    pub(super) fn read(store: &Store, key: &Digest, options: ReadOptions) -> Self {
        let sources = |()| read(store, &of_sources(key), options.is_full);
        Self {
            report: read(store, key, options.is_full),
            sources: options.reads_sources.then_some(()).and_then(sources),
        }
    }

    /// Everything that the options need, if it is cached.
    pub(super) fn complete(self, options: ReadOptions) -> Option<(WheelReport, Vec<SourceScan>)> {
        match (self.report, self.sources, options.reads_sources) {
            (Some(report), Some(sources), _) => Some((report, sources)),
            (Some(report), None, false) => Some((report, Vec::new())),
            _ => None,
        }
    }
}

/// Writes a report. A failure only means that the wheel is read again.
pub(super) fn write_report(store: &Store, key: &Digest, report: &WheelReport) {
    write(store, key, report.is_hash_verified, report);
}

/// Writes import statements, like a report.
pub(super) fn write_sources(
    store: &Store,
    key: &Digest,
    is_hash_verified: bool,
    sources: &[SourceScan],
) {
    write(store, &of_sources(key), is_hash_verified, sources);
}

fn of_sources(key: &Digest) -> Digest {
    Digest::of(format!("sources\n{key}").as_bytes())
}

fn read<T: DeserializeOwned>(store: &Store, key: &Digest, must_be_verified: bool) -> Option<T> {
    let bytes = std::fs::read(store.wheel_report(key)).ok()?;
    let entry: Entry<T> = serde_json::from_slice(&bytes).ok()?;
    let is_usable = entry.engine == ENGINE && (entry.is_hash_verified || !must_be_verified);
    is_usable.then_some(entry.found)
}

fn write(store: &Store, key: &Digest, is_hash_verified: bool, found: impl Serialize) {
    let entry = Entry {
        engine: ENGINE.to_owned(),
        is_hash_verified,
        found,
    };
    if let Ok(bytes) = serde_json::to_vec(&entry) {
        let _ = write_whole(&store.wheel_report(key), &bytes);
    }
}
