//! The cache of verdicts about the modules of an environment: a file of JSON for each directory of
//! packages. A module counts as the same while its size, times and inode are.

use crate::check::ModuleReport;
use crate::digest::Digest;
use crate::store::{Store, write_whole};
use crate::wheel_reader::ENGINE;
use crate::xray::Abi;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The verdicts, by the file's path below the directory.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EnvironmentCache {
    engine: String,
    modules: BTreeMap<String, Seen>,
}

/// A file that was examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    stamp: Stamp,
    /// What was found; `None` if it is not a module.
    pub(super) report: Option<ModuleReport>,
}

/// What changes with a file: size, inode, and the times of its contents and of its inode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp([i64; 6]);

impl Stamp {
    /// The stamp of a file; `None` if it cannot be read.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        let size = i64::try_from(about.len()).ok()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let (mtime, mtime_ns) = (about.mtime(), about.mtime_nsec());
            let (ctime, ctime_ns) = (about.ctime(), about.ctime_nsec());
            let inode = about.ino().cast_signed();
            Some(Self([size, inode, mtime, mtime_ns, ctime, ctime_ns]))
        }
        #[cfg(not(unix))]
        {
            let modified = about.modified().ok()?;
            let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
            let seconds = i64::try_from(since.as_secs()).ok()?;
            Some(Self([size, 0, seconds, since.subsec_nanos().into(), 0, 0]))
        }
    }
}

impl Seen {
    /// A file that was examined now.
    pub(super) fn new(stamp: Stamp, report: Option<ModuleReport>) -> Self {
        Self { stamp, report }
    }
}

impl EnvironmentCache {
    /// Reads what is known about a directory.
    pub(super) fn read(store: &Store, directory: &Path, abi: Option<Abi>) -> Self {
        let path = store.wheel_report(&key(directory, abi));
        let read = std::fs::read(path).ok();
        let read = read.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        read.filter(|it| it.engine == ENGINE).unwrap_or_default()
    }

    /// What is known about a file that did not change.
    pub(super) fn get(&self, file: &str, stamp: &Stamp) -> Option<&Seen> {
        self.modules.get(file).filter(|seen| seen.stamp == *stamp)
    }

    /// Writes what was seen, if it is new. A failure only means that it is examined again.
    pub(super) fn replace(
        self,
        store: &Store,
        (directory, abi): (&Path, Option<Abi>),
        modules: BTreeMap<String, Seen>,
    ) {
        let new = Self {
            engine: ENGINE.to_owned(),
            modules,
        };
        // Reading an environment does not make a store.
        if new == self || new.modules.is_empty() || !store.is_there() {
            return;
        }
        if let Ok(bytes) = serde_json::to_vec(&new) {
            let _ = write_whole(&store.wheel_report(&key(directory, abi)), &bytes);
        }
    }
}

fn key(directory: &Path, abi: Option<Abi>) -> Digest {
    let place = directory.canonicalize();
    let place = place.unwrap_or_else(|_| directory.to_owned());
    Digest::of(format!("environment\n{}\n{abi:?}\n", place.display()).as_bytes())
}
