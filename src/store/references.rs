//! References to the store from outside: version files, lock files and virtual environments that
//! ftpy wrote or read. They are the roots that `prune` and `doctor` check.
//!
//! Format of `known/pins`, `known/locks` and `known/venvs`: one entry per line, with the fields
//! separated by tabs: an absolute path, its mount point, and what it referred to when last seen.
//!
//! Deleted files are dropped at the next write. Unreachable ones are kept: a disk may be
//! unmounted, or a parent directory missing or inaccessible.

use crate::error::Result;
use crate::store::layout::{Store, write_whole};
use ftpy_core::text_file::{self, Unreadable};
use std::path::{Path, PathBuf};

/// The maximum size of a list.
pub(super) const LONGEST: u64 = 1 << 26;

/// The kind of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// Version files, which refer to requests.
    Pins,
    /// Lock files, which refer to keys.
    Locks,
    /// Virtual environments, which refer to a key or an alias.
    Venvs,
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its path.
    pub path: PathBuf,
    /// What it referred to when last seen; empty if that was not recorded.
    pub uses: Vec<String>,
    /// Whether it is reachable now.
    pub is_there: bool,
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ReferenceLine {
    path: PathBuf,
    mount: PathBuf,
    uses: Vec<String>,
}

impl Store {
    pub(super) fn known_list(&self, what: ReferenceKind) -> PathBuf {
        let name = match what {
            ReferenceKind::Pins => "pins",
            ReferenceKind::Locks => "locks",
            ReferenceKind::Venvs => "venvs",
        };
        self.root().join("known").join(name)
    }

    /// The recorded references that exist or are unreachable.
    #[must_use]
    pub fn remembered(&self, what: ReferenceKind) -> Vec<Reference> {
        let lines = self.lines(what).unwrap_or_default().into_iter();
        let seen = lines.filter_map(|line| {
            let is_there = line.is_there()?;
            Some(Reference {
                path: line.path,
                uses: line.uses,
                is_there,
            })
        });
        seen.collect()
    }

    /// The recorded references that exist.
    #[must_use]
    pub fn known(&self, what: ReferenceKind) -> Vec<PathBuf> {
        let there = self.remembered(what).into_iter();
        let there = there.filter(|one| one.is_there);
        there.map(|one| one.path).collect()
    }

    /// Records a path and what it refers to. A path that is not UTF-8, or that contains a tab or
    /// line feed, cannot be represented and is skipped: the list is only a safeguard.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn remember(&self, what: ReferenceKind, path: &Path, uses: &[String]) -> Result<()> {
        let is_plain = |text: &str| !text.contains(['\t', '\n', '\r']);
        if !path.is_absolute() || !path.to_str().is_some_and(is_plain) {
            return Ok(());
        }
        let uses = uses
            .iter()
            .filter(|text| is_plain(text) && !text.is_empty());
        let line = ReferenceLine {
            path: path.to_owned(),
            mount: mount_of(path),
            uses: uses.cloned().collect(),
        };
        // An unreadable list is not replaced by a shorter one.
        if self.lines(what)?.contains(&line) {
            return Ok(());
        }
        let _commit = self.lock_commit()?;
        let mut lines = self.lines(what)?;
        lines.retain(|known| known.is_there().is_some());
        match lines.iter_mut().find(|known| known.path == line.path) {
            Some(known) => *known = line,
            None => lines.push(line),
        }
        self.write_lines(what, &lines)
    }

    /// Removes unreachable references and returns their paths.
    ///
    /// # Errors
    /// Returns an error if the store is not writable.
    pub fn forget_missing(&self, what: ReferenceKind) -> Result<Vec<PathBuf>> {
        let _commit = self.lock_commit()?;
        let lines = self.lines(what)?.into_iter();
        let (there, missing): (Vec<ReferenceLine>, Vec<ReferenceLine>) =
            lines.partition(|line| line.is_there() == Some(true));
        if !missing.is_empty() {
            self.write_lines(what, &there)?;
        }
        Ok(missing.into_iter().map(|line| line.path).collect())
    }

    fn lines(&self, what: ReferenceKind) -> Result<Vec<ReferenceLine>, Unreadable> {
        let text = text_file::read(&self.known_list(what), LONGEST)?.unwrap_or_default();
        Ok(text.lines().filter_map(ReferenceLine::read).collect())
    }

    fn write_lines(&self, what: ReferenceKind, lines: &[ReferenceLine]) -> Result<()> {
        let text: String = lines.iter().map(ReferenceLine::text).collect();
        Ok(write_whole(&self.known_list(what), text.as_bytes())?)
    }
}

impl ReferenceLine {
    fn read(text: &str) -> Option<Self> {
        let mut fields = text.split('\t');
        let path = PathBuf::from(fields.next()?);
        let mount = PathBuf::from(fields.next().unwrap_or("/"));
        path.is_absolute().then(|| Self {
            path,
            mount,
            uses: fields.map(str::to_owned).collect(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\t{}", self.path.display(), self.mount.display());
        for one in &self.uses {
            text.push('\t');
            text.push_str(one);
        }
        text + "\n"
    }

    /// Whether it is reachable; `None` if it was deleted.
    fn is_there(&self) -> Option<bool> {
        match self.path.try_exists() {
            Ok(true) => Some(true),
            Err(_) => Some(false),
            Ok(false) => {
                let is_above = self.path.parent().is_some_and(Path::exists);
                (!is_above || !is_mount(&self.mount)).then_some(false)
            }
        }
    }
}

/// The mount point of a path.
fn mount_of(path: &Path) -> PathBuf {
    let mut above = path.ancestors();
    let found = above.find(|directory| directory.exists() && is_mount(directory));
    found.unwrap_or(Path::new("/")).to_owned()
}

/// Whether a directory is on another device than its parent. The root counts as one.
#[cfg(unix)]
fn is_mount(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().ok().map(|about| about.dev());
    match (device(directory), directory.parent()) {
        (None, _) => false,
        (Some(_), None) => true,
        (own, Some(above)) => own != device(above),
    }
}

#[cfg(not(unix))]
fn is_mount(directory: &Path) -> bool {
    directory.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_files_are_dropped_and_unreachable_ones_are_kept() {
        let home = tempfile::tempdir().expect("tempdir");
        let store = Store::at(home.path().join("store"));
        let path = |name: &str| home.path().join(name);
        for name in ["here/a", "here/b", "disk/c"] {
            let path = path(name);
            std::fs::create_dir_all(&path).expect("mkdir");
            let uses = [format!("used by {name}")];
            store
                .remember(ReferenceKind::Venvs, &path, &uses)
                .expect("write");
        }
        std::fs::remove_dir(path("here/b")).expect("remove");
        std::fs::rename(path("disk"), path("away")).expect("rename");
        // An empty directory in place of a disk: another mount than the recorded one.
        let list = store.known_list(ReferenceKind::Venvs);
        let mut text = std::fs::read_to_string(&list).expect("read");
        let gone = path("here/d");
        text += &format!("{}\t{}\td\n", gone.display(), path("here").display());
        text += &format!("{}\n", path("here/old-format").display());
        std::fs::write(&list, text).expect("write");
        let seen = store.remembered(ReferenceKind::Venvs);
        let seen: Vec<(PathBuf, bool)> = seen
            .into_iter()
            .map(|one| (one.path, one.is_there))
            .collect();
        let expected = [("here/a", true), ("disk/c", false), ("here/d", false)];
        assert_eq!(seen, expected.map(|(name, there)| (path(name), there)));
        // A write keeps unreachable entries and what they referred to.
        store
            .remember(ReferenceKind::Venvs, &path("here/a"), &["x".to_owned()])
            .expect("write");
        let seen = store.remembered(ReferenceKind::Venvs);
        assert_eq!(seen[0].uses, ["x"]);
        assert_eq!(seen[1].uses, ["used by disk/c"]);
        assert_eq!(seen.len(), 3);
        let forgotten = store.forget_missing(ReferenceKind::Venvs).expect("write");
        assert_eq!(forgotten, [path("disk/c"), gone]);
        assert_eq!(store.remembered(ReferenceKind::Venvs).len(), 1);
    }
}
