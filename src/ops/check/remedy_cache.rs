//! The cache of remedies: which other version of a package keeps the GIL off, by its index.
//!
//! An index gets new versions, so that an entry is fresh for a day. Where the index cannot be asked,
//! an older one is better than none.

use crate::check::Remedy;
use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use crate::store::{Store, write_whole};
use crate::wheel::WheelTarget;
use crate::wheel_reader::ENGINE;
use std::time::Duration;

/// How long an entry is used without asking the index again.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// How old an entry may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// At most a day.
    Fresh,
    /// Any.
    Any,
}

/// The key of a package on a target. The index is `None` for what is installed: nothing records
/// where it came from.
pub(super) fn key(
    (name, version): (&str, &str),
    target: WheelTarget,
    index: Option<&SecretUrl>,
) -> Digest {
    let index = index.map(ToString::to_string).unwrap_or_default();
    let text = format!("remedy\n{ENGINE}\n{name}\n{version}\n{target}\n{index}\n");
    Digest::of(text.as_bytes())
}

/// Reads an entry that is not too old.
pub(super) fn read(store: &Store, key: &Digest, age: Age) -> Option<Remedy> {
    let path = store.wheel_report(key);
    let modified = std::fs::metadata(&path).and_then(|about| about.modified());
    let elapsed = modified.ok()?.elapsed().unwrap_or_default();
    if age == Age::Fresh && elapsed > FRESH {
        return None;
    }
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes an entry. A failure only means that the index is asked again.
pub(super) fn write(store: &Store, key: &Digest, remedy: &Remedy) {
    if !store.is_there() {
        return;
    }
    if let Ok(bytes) = serde_json::to_vec(remedy) {
        let _ = write_whole(&store.wheel_report(key), &bytes);
    }
}
