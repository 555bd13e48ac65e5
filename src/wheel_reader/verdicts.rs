//! The cache of reports: one file of JSON for each wheel, in the store.
//!
//! A wheel is identified by its listed sha256, else by the names, sizes and checksums of its
//! members. A report that another version of ftpy wrote, or that is damaged, is ignored.

use crate::check::WheelReport;
use crate::digest::{Digest, Hasher};
use crate::store::{Store, write_whole};
use crate::wheel::Directory;
use crate::xray::Abi;
use serde::{Deserialize, Serialize};

/// The version of the X-ray, whose number at the end is increased whenever verdicts may change.
const ENGINE: &str = concat!(env!("CARGO_PKG_VERSION"), "-1");

#[derive(Serialize, Deserialize)]
struct Entry {
    engine: String,
    report: WheelReport,
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

/// Returns the cached report; with `must_be_verified` only that of a verified wheel.
pub(super) fn read(store: &Store, key: &Digest, must_be_verified: bool) -> Option<WheelReport> {
    let bytes = std::fs::read(store.wheel_report(key)).ok()?;
    let entry: Entry = serde_json::from_slice(&bytes).ok()?;
    let is_usable = entry.engine == ENGINE && (entry.report.is_hash_verified || !must_be_verified);
    is_usable.then_some(entry.report)
}

/// Writes a report. A failure only means that the wheel is read again.
pub(super) fn write(store: &Store, key: &Digest, report: &WheelReport) {
    let entry = Entry {
        engine: ENGINE.to_owned(),
        report: report.clone(),
    };
    if let Ok(bytes) = serde_json::to_vec(&entry) {
        let _ = write_whole(&store.wheel_report(key), &bytes);
    }
}
