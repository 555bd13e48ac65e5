//! Identifies the entries of the store that ftpy created, by their names. Entries with other names
//! belong to someone else and are never removed.

use crate::error::{IoFailure, Result};
use crate::host::atomic_file::is_temporary;
use crate::store::layout::{CACHE as CACHE_LOCK, Store};
use crate::store::mark::{is_hex, is_unfinished_mark};
use ftpy_core::installed::MARK;
use ftpy_core::key::Key;
use ftpy_core::parse::parse;
use ftpy_core::request::Request;
use ftpy_core::target::Target;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The form of name that identifies an entry as ftpy's.
type IsOurs = fn(&str) -> bool;

/// The parts of the cache whose entries have names of one form.
const CACHE: [(&str, IsOurs); 8] = [
    ("cache/sha256", is_digest),
    ("cache/partial", is_digest),
    ("cache/conda", is_digest),
    ("cache/builds", is_key),
    ("cache/times", is_times),
    ("cache/configure", is_digest),
    ("cache/scripts", is_digest),
    ("cache/wheels", is_report),
];

/// The parts of the cache that other programs fill.
const OTHERS_FORMS: [&str; 2] = ["cache/ccache", "cache/repodata"];

/// The other parts of the store, apart from links, shims and installations.
const REST: [(&str, IsOurs); 5] = [
    ("known", is_known),
    ("index", |name| name == "pbs.txt"),
    ("locks", is_lock_name),
    ("logs", is_log),
    ("", is_in_root),
];

impl Store {
    /// Removes ftpy's files in `cache/`, under [`lock_cache`](Self::lock_cache). Each entry is
    /// removed atomically, so that a partial package or source tree never looks complete.
    ///
    /// # Errors
    /// Returns an error if something cannot be removed.
    pub fn clean_cache(&self) -> Result<()> {
        if !self.cache().exists() {
            return Ok(());
        }
        let stage = self.cache_stage()?;
        let mut moved = 0;
        let mut away = |path: &Path| {
            moved += 1;
            // Of a script environment that is in use, nothing is removed.
            let Ok(_lock) = self.hold_script_environment(path) else {
                return Ok(());
            };
            match std::fs::rename(path, stage.path().join(moved.to_string())) {
                Ok(()) => Ok(()),
                // A part on another disk, by a link or a mount, is emptied in place.
                Err(_) => remove(path),
            }
        };
        self.take_parts(&CACHE, &mut away)?;
        for part in OTHERS_FORMS {
            away(&self.root().join(part))?;
        }
        drop(stage);
        remove_if_empty(&self.cache_stages());
        remove_if_empty(&self.cache());
        Ok(())
    }

    /// Removes everything outside the cache, `shims/` and `aliases/`.
    pub(super) fn remove_rest(&self) -> Result<()> {
        let installs = self.installs();
        for path in entries(&installs) {
            if self.is_installation(&path) {
                remove(&path)?;
            }
        }
        remove_if_empty(&installs);
        self.take_parts(&REST, &mut remove)
    }

    /// Whether an entry of `installs/` is an installation: it has a valid name and contains the
    /// directory that every installation has.
    pub(super) fn is_installation(&self, path: &Path) -> bool {
        let is_directory = path.symlink_metadata().is_ok_and(|there| there.is_dir());
        name(path).is_some_and(is_key) && is_directory && path.join(".ftpy").is_dir()
    }

    fn take_parts(
        &self,
        parts: &[(&str, IsOurs)],
        away: &mut dyn FnMut(&Path) -> Result<(), IoFailure>,
    ) -> Result<()> {
        for (part, is_ours) in parts {
            let directory = match *part {
                "" => self.root().to_owned(),
                part => self.root().join(part),
            };
            for path in entries(&directory) {
                if name(&path).is_some_and(|name| is_ours(name) || is_temporary(name)) {
                    away(&path)?;
                }
            }
            if !part.is_empty() {
                remove_if_empty(&directory);
            }
        }
        Ok(())
    }
}

/// The entries of a directory; empty if it cannot be read.
pub(super) fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Removes a file, a link or a directory tree.
pub(super) fn remove(path: &Path) -> Result<(), IoFailure> {
    let removed = match path.symlink_metadata() {
        Ok(there) if there.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(IoFailure::at("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes a directory if it is empty.
pub(super) fn remove_if_empty(directory: &Path) {
    let _ = std::fs::remove_dir(directory);
}

/// `<process>-<number>`: the name of a stage.
pub(super) fn is_stage(name: &str) -> bool {
    let parts = name.split_once('-');
    parts.is_some_and(|(process, number)| process.parse::<u32>().is_ok() && is_hex(number, 8))
}

fn is_key(name: &str) -> bool {
    Key::from_name(name, &Target::new("", "", "")).is_some()
}

pub(super) fn is_digest(name: &str) -> bool {
    is_hex(name, 64)
}

/// A directory of reports, `ab`, or a report of an older ftpy beside these.
fn is_report(name: &str) -> bool {
    is_hex(name, 2) || is_digest(name)
}

/// `3.14t+pgo.json`
fn is_times(name: &str) -> bool {
    let kind = name.strip_suffix(".json").unwrap_or_default();
    matches!(parse(kind), Ok(Request::Build(request)) if request.to_string() == kind)
}

fn is_known(name: &str) -> bool {
    ["pins", "locks", "venvs"].contains(&name)
}

/// Whether a name is that of a lock in `locks/`.
pub(super) fn is_lock_name(name: &str) -> bool {
    let mut kinds = ["download-", "script-"].iter();
    let digest = kinds.find_map(|kind| name.strip_prefix(kind));
    [CACHE_LOCK, "conda-packages"].contains(&name) || digest.is_some_and(is_digest) || is_key(name)
}

fn is_log(name: &str) -> bool {
    name.strip_suffix(".log").is_some_and(is_key)
}

/// Removes the lock and then the marker, as the last files.
pub(super) fn is_in_root(name: &str) -> bool {
    let tried = name.strip_prefix(".try-");
    name == "config" || tried.is_some_and(|number| is_hex(number, 16)) || is_unfinished_mark(name)
}

/// The files without which the rest is not a store.
pub(super) fn last(root: &Path) -> [PathBuf; 2] {
    [root.join("lock"), root.join(MARK)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ftpy_are_distinguished_from_others() {
        let digest = "0123456789abcdef".repeat(4);
        for (is_ours, yes, no) in [
            (
                is_stage as IsOurs,
                vec!["1-0123abcd", "4194304-ffffffff"],
                vec![
                    "notes",
                    "1-dead",
                    "1-0123ABCD",
                    "a-0123abcd",
                    "0123abcd",
                    "1-0123abcd.lock",
                ],
            ),
            (
                is_digest,
                vec![digest.as_str()],
                vec!["x", &digest[1..], "README"],
            ),
            (
                is_key,
                vec!["3.14.7t-pbs-20260901", "3.14.7t-source"],
                vec!["3.14t", "mine", "3.14.7t", ".stage"],
            ),
            (
                is_times,
                vec!["3.14t.json", "3.13td+tsan.json"],
                vec!["mine.json", "3.14t"],
            ),
            (
                is_lock_name,
                vec!["3.14.7t-source", "conda-packages"],
                vec!["mine", "download-x"],
            ),
            (
                is_log,
                vec!["3.14.7t-source.log"],
                vec!["build.log", "3.14.7t-source"],
            ),
            (
                is_in_root,
                vec![
                    "config",
                    ".try-0123456789abcdef",
                    ".ftpy-store.0123456789abcdef",
                ],
                vec!["lock", "notes", ".ftpy-store", ".ftpy-store.mine", ".try-x"],
            ),
        ] {
            for name in yes {
                assert!(is_ours(name), "{name}");
            }
            for name in no {
                assert!(!is_ours(name), "{name}");
            }
        }
    }
}
