//! Whose a directory is: the mark that makes it a store.
//!
//! Format of `.ftpy-store`: one line, `ftpy store 1`; the number is the format of the store.
//!
//! A store is marked before anything else is made in it. A directory without the mark that holds
//! something is not ftpy's: nothing in it is read, changed or removed. There is one exception:
//! where nothing is there but installations with their receipts, a cache brought them.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::store::layout::{Store, create_dir};
use crate::store::receipt::Receipt;
use ftpy_core::file::{self, Unreadable};
use ftpy_core::installed::MARK;
use ftpy_core::paste;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The newest format that this program reads, and the one it writes.
const FORMAT: u32 = 1;

/// A longer file is not a mark.
const LONGEST: u64 = 1 << 10;

/// What `mkfs` puts into the root of a file system: it is empty all the same.
const LOST_AND_FOUND: &str = "lost+found";

/// How many names of another's files are shown.
const SHOWN: usize = 4;

/// What is at the place of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkState {
    /// Nothing.
    Absent,
    /// A directory without anything in it.
    Empty,
    /// A store.
    Marked,
    /// Installations with their receipts, and nothing else.
    Restored,
}

impl Store {
    /// Whether there is a store. A directory that is not ftpy's counts as none.
    #[must_use]
    pub fn is_there(&self) -> bool {
        matches!(self.state(), Ok(MarkState::Marked | MarkState::Restored))
    }

    /// Checks that nothing else than a store is at its place. Nothing is changed.
    ///
    /// # Errors
    /// Where the directory is not ftpy's, is not a directory, cannot be read, or a newer ftpy
    /// made it.
    pub fn check(&self) -> Result<()> {
        self.state().map(|_| ())
    }

    /// Makes the store if it is not there. Everything that writes into it begins with this; two
    /// processes may do it at once.
    ///
    /// # Errors
    /// As [`check`](Self::check), and where the directory cannot be written.
    pub fn claim(&self) -> Result<()> {
        loop {
            match self.state()? {
                MarkState::Marked => return Ok(()),
                MarkState::Absent => create_dir(self.root())?,
                MarkState::Empty | MarkState::Restored => {}
            }
            match self.make_mark() {
                // Another process has just made it, and took this one's away.
                Err(error) if error.source.kind() == ErrorKind::NotFound => {}
                made => {
                    made?;
                    self.remove_unfinished_marks();
                    return Ok(());
                }
            }
        }
    }

    /// Under another name first: a mark is whole, or it is not there.
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

    /// What a killed process left. One that is at work begins again, and finds the mark.
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
            Ok(_) => return Err(not_a_directory(root)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return match std::fs::read_link(root) {
                    Ok(target) => Err(dangling(root, &target)),
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
        // A process that makes the store marks it before it makes anything else in it.
        if self.is_marked()? {
            return Ok(MarkState::Marked);
        }
        if names == ["installs"] && self.holds_only_installations() {
            return Ok(MarkState::Restored);
        }
        Err(foreign(root, &names))
    }

    fn is_marked(&self) -> Result<bool> {
        let path = self.root().join(MARK);
        let Some(text) = file::read(&path, LONGEST)? else {
            return Ok(false);
        };
        let format = text.trim_end().strip_prefix("ftpy store ");
        let format: Option<u32> = format.and_then(|number| number.parse().ok());
        let root = self.root().display();
        match format {
            Some(FORMAT) => Ok(true),
            Some(newer) if newer > FORMAT => {
                let message = format!(
                    "the store {root} has format {newer}, and this ftpy reads format {FORMAT}"
                );
                Err(Failure::new(Kind::System, message).hint("update ftpy: `ftpy self update`"))
            }
            _ => {
                let message = format!("{} is damaged: it has no format", path.display());
                Err(Failure::new(Kind::System, message).hint(another(self.root())))
            }
        }
    }

    /// Whether each entry of `installs/` is an installation with its own receipt.
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

/// What is in a directory, sorted; nothing of it is the work of whoever makes a mark just now.
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

/// Whether a name is that of a mark which is not in its place yet.
pub(super) fn is_unfinished_mark(name: &str) -> bool {
    let number = name
        .strip_prefix(MARK)
        .and_then(|rest| rest.strip_prefix('.'));
    number.is_some_and(|number| is_hex(number, 16))
}

/// Whether a text is so many hexadecimal digits, as ftpy writes them.
pub(super) fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == digits && text.bytes().all(is_digit)
}

fn foreign(root: &Path, names: &[String]) -> Failure {
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    let mut shown = shown.join(", ");
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        shown += &format!(" and {more} more");
    }
    let message = format!(
        "{} is not a store of ftpy: it holds {shown}, but no {MARK}",
        root.display()
    );
    Failure::new(Kind::System, message).hint(another(root))
}

fn not_a_directory(root: &Path) -> Failure {
    let message = format!("the store {} is not a directory", root.display());
    let beside = root.with_file_name("ftpy-store");
    let choose = paste!["export", format!("FTPY_HOME={}", beside.display())];
    Failure::new(Kind::System, message).hint(format!("choose another one: `{choose}`"))
}

fn dangling(root: &Path, target: &Path) -> Failure {
    let message = format!(
        "the store {} is a link to {}, which does not exist",
        root.display(),
        target.display()
    );
    let target = root.with_file_name("").join(target);
    let make = paste!["mkdir", "-p", target.display()];
    Failure::new(Kind::System, message).hint(format!("`{make}` makes it"))
}

/// The hint that names another place.
fn another(root: &Path) -> String {
    let below = root.join("ftpy");
    let choose = paste!["export", format!("FTPY_HOME={}", below.display())];
    format!("use an empty or a new directory: `{choose}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_first_commands_at_once_all_get_the_store() {
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
