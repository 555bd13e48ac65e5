//! The marker file that makes a directory a store.
//!
//! Format of `.ftpy-store`: one line, `ftpy store 1`, where the number is the format of the store.
//!
//! The marker is the first file created in a store. A non-empty directory without it does not
//! belong to ftpy: nothing in it is read, changed or removed. The one exception is a directory
//! that contains only installations with their receipts, as restored from a cache.

use crate::error::{Failure, IoFailure, Result};
use crate::store::error::StoreError;
use crate::store::layout::{Store, create_dir};
use crate::store::receipt::Receipt;
use ftpy_core::installed::MARK;
use ftpy_core::text_file::{self, Unreadable};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The newest supported format, which is also the one written.
const FORMAT: u32 = 1;

/// The maximum size of a marker.
const LONGEST: u64 = 1 << 10;

/// Directories that `mkfs` creates in the root of a file system, which still counts as empty.
const LOST_AND_FOUND: &str = "lost+found";

/// How many file names are listed in an error.
const SHOWN: usize = 4;

/// What is at the location of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkState {
    /// Nothing.
    Absent,
    /// An empty directory.
    Empty,
    /// A store.
    Marked,
    /// Installations with their receipts, and nothing else.
    Restored,
}

impl Store {
    /// Whether there is a store. A directory that does not belong to ftpy does not count.
    #[must_use]
    pub fn is_there(&self) -> bool {
        matches!(self.state(), Ok(MarkState::Marked | MarkState::Restored))
    }

    /// Checks that there is nothing but a store at its location. Changes nothing.
    ///
    /// # Errors
    /// Returns an error if the directory does not belong to ftpy, is not a directory, cannot be
    /// read, or was created by a newer ftpy.
    pub fn check(&self) -> Result<()> {
        self.state().map(|_| ())
    }

    /// Creates the store if it does not exist. Every command that writes to the store calls this
    /// first; concurrent calls are safe.
    ///
    /// # Errors
    /// Like [`check`](Self::check), and if the directory is not writable.
    pub fn claim(&self) -> Result<()> {
        loop {
            match self.state()? {
                MarkState::Marked => return Ok(()),
                MarkState::Absent => create_dir(self.root())?,
                MarkState::Empty | MarkState::Restored => {}
            }
            match self.make_mark() {
                // Another process has just created it and removed this temporary file.
                Err(error) if error.source.kind() == ErrorKind::NotFound => {}
                made => {
                    made?;
                    self.remove_unfinished_marks();
                    return Ok(());
                }
            }
        }
    }

    /// Writes the marker under a temporary name first, so that it appears complete.
    fn make_mark(&self) -> Result<(), IoFailure> {
        let path = self.root().join(MARK);
        let new = self
            .root()
            .join(format!("{MARK}.{:016x}", fastrand::u64(..)));
        let write = || {
            let mut file = std::fs::File::create_new(&new)?;
            writeln!(file, "ftpy store {FORMAT}")?;
            file.sync_all()?;
            std::fs::rename(&new, &path)
        };
        write().map_err(|error| {
            let _ = std::fs::remove_file(&new);
            IoFailure::at("create", &path)(error)
        })
    }

    /// Removes temporary files of killed processes. A live process whose file is removed tries
    /// again.
    fn remove_unfinished_marks(&self) {
        for path in std::fs::read_dir(self.root())
            .into_iter()
            .flatten()
            .flatten()
        {
            if is_unfinished_mark(&path.file_name().to_string_lossy()) {
                let _ = std::fs::remove_file(path.path());
            }
        }
    }

    fn state(&self) -> Result<MarkState> {
        let root = self.root();
        if self.is_marked()? {
            return Ok(MarkState::Marked);
        }
        match root.metadata() {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(StoreError::NotADirectory(root.to_owned()).into()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let root = root.to_owned();
                return match std::fs::read_link(&root) {
                    Ok(target) => Err(StoreError::Dangling { root, target }.into()),
                    Err(_) => Ok(MarkState::Absent),
                };
            }
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                let failure = Failure::from(IoFailure::at("use", root)(error));
                return Err(failure.hint("set FTPY_HOME to a directory"));
            }
            Err(error) => return Err(Unreadable::new(root, &error).into()),
        }
        let names = names(root).map_err(|error| Unreadable::new(root, &error))?;
        if names.is_empty() {
            return Ok(MarkState::Empty);
        }
        // A process that creates the store writes the marker before anything else.
        if self.is_marked()? {
            return Ok(MarkState::Marked);
        }
        if names == ["installs"] && self.holds_only_installations() {
            return Ok(MarkState::Restored);
        }
        let (root, contents) = (root.to_owned(), listed(&names));
        Err(StoreError::Foreign { root, contents }.into())
    }

    fn is_marked(&self) -> Result<bool> {
        let path = self.root().join(MARK);
        let Some(text) = text_file::read(&path, LONGEST)? else {
            return Ok(false);
        };
        let format = text.trim_end().strip_prefix("ftpy store ");
        let format: Option<u32> = format.and_then(|number| number.parse().ok());
        let root = self.root().to_owned();
        let error = match format {
            Some(FORMAT) => return Ok(true),
            Some(newer) if newer > FORMAT => StoreError::Newer {
                root,
                format: newer,
                supported: FORMAT,
            },
            _ => StoreError::DamagedMark(root),
        };
        Err(error.into())
    }

    /// Whether every entry of `installs/` is an installation with its own receipt.
    fn holds_only_installations(&self) -> bool {
        let Ok(names) = names(&self.installs()) else {
            return false;
        };
        let is_one = |name: &String| {
            let receipt = Receipt::read(&self.installs().join(name));
            receipt.is_ok_and(|receipt| receipt.key == *name)
        };
        !names.is_empty() && names.iter().all(is_one)
    }
}

/// The names in a directory, sorted, without temporary files of a marker being written.
fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_nothing = match name.as_str() {
            LOST_AND_FOUND => entry.file_type()?.is_dir(),
            other => is_unfinished_mark(other),
        };
        if !is_nothing {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Whether a name is that of a temporary marker file.
pub(super) fn is_unfinished_mark(name: &str) -> bool {
    let number = name
        .strip_prefix(MARK)
        .and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| is_hex(number, 16))
}

/// Whether a text consists of this many lower-case hexadecimal digits.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == digits && text.bytes().all(is_digit)
}

/// The first of these names, each between backticks, and how many more there are.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    let mut shown = shown.join(", ");
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        shown += &format!(" and {more} more");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_first_commands_all_get_the_store() {
        for _ in 0..40 {
            let home = tempfile::tempdir().expect("tempdir");
            let store = Store::at(home.path().join("deep/store"));
            let barrier = std::sync::Barrier::new(8);
            std::thread::scope(|scope| {
                for number in 0..8 {
                    let (store, barrier) = (&store, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        store.claim().expect("claim");
                        let made = store.root().join(format!("cache/{number}"));
                        std::fs::create_dir_all(made).expect("mkdir");
                    });
                }
            });
            let entries = std::fs::read_dir(store.root()).expect("read").flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
            names.sort();
            assert_eq!(names, [MARK, "cache"]);
        }
    }
}
