//! A new file that appears in its place atomically once it is complete.
//!
//! On Linux it has no name until then, so a killed process leaves nothing behind. If the file
//! system does not support that, and for the instant in which an older file is replaced, it is
//! named `.<name>.ftpy-<16 hex digits>` next to its place, and locked by its writer. A file that a
//! killed writer left under such a name is removed when the same file is written again, and by
//! [`sweep`], but only if the name has that form and the lock is free. Without support for locks it
//! is kept.
//!
//! The crate tempfile is not used: its files must have a name from the beginning, have no lock that
//! distinguishes a killed writer's file from a live one's, and are not flushed to disk.
//!
//! It replaces whatever is in its place. For files that a user owns or named, use
//! [`person_file`](crate::host::person_file).

use crate::error::IoFailure;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Separates the name from the digits.
const MARK: &str = ".ftpy-";

/// The number of hex digits after the mark.
const DIGITS: usize = 16;

/// How much of a name is repeated in that of its temporary file: a name has 255 bytes at most.
const LONGEST: usize = 200;

/// A file that is being written.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    /// Its temporary name; `None` if it has none, and once it is in its place.
    path: Option<PathBuf>,
    place: PathBuf,
}

impl Unfinished {
    /// Creates a file for `place`, including parent directories.
    ///
    /// # Errors
    /// Returns an error if the file cannot be created.
    pub fn begin(place: &Path) -> Result<Self, IoFailure> {
        let directory = directory(place);
        std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
        let stem = stem(place);
        sweep_those(directory, |name| name.starts_with(&stem));
        let (file, path) = match unnamed(directory) {
            Some(file) => {
                // Needed for the instant in which it gets a name. Without locks it is not swept.
                let _ = file.try_lock();
                (file, None)
            }
            None => {
                let (file, path) = named(place).map_err(IoFailure::at("write", place))?;
                (file, Some(path))
            }
        };
        Ok(Self {
            file,
            path,
            place: place.to_owned(),
        })
    }

    /// The file, for writing and reading.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Its final place.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Moves it into its place, after flushing it to disk.
    ///
    /// # Errors
    /// Returns an error if it cannot be written; nothing has changed then.
    pub fn finish(self) -> Result<(), IoFailure> {
        let written = self.file.sync_all();
        written.map_err(IoFailure::at("write", &self.place))?;
        self.appear()
    }

    /// Like [`finish`](Self::finish), but without flushing, for files that can be recreated.
    ///
    /// # Errors
    /// Returns an error if it cannot be moved into its place; nothing has changed then.
    pub fn appear(mut self) -> Result<(), IoFailure> {
        self.put().map_err(IoFailure::at("create", &self.place))
    }

    /// Moves it into its place. After a failure nothing has changed, and the file can still be
    /// read.
    ///
    /// # Errors
    /// Returns the errors of the system.
    pub(super) fn put(&mut self) -> io::Result<()> {
        if self.path.is_none() && link(&self.file, &self.place).is_ok() {
            return Ok(()); // there was nothing to replace
        }
        let path = match self.path.take() {
            Some(path) => path,
            None => self.name()?,
        };
        let renamed = std::fs::rename(&path, &self.place);
        if renamed.is_err() {
            self.path = Some(path);
        }
        renamed
    }

    /// Gives an unnamed file a name.
    fn name(&mut self) -> io::Result<PathBuf> {
        let path = temporary(&self.place);
        if link(&self.file, &path).is_ok() {
            return Ok(path);
        }
        // Some network file systems create such a file but cannot name it.
        use std::io::Seek;
        let (mut copy, path) = named(&self.place)?;
        let copied = self
            .file
            .rewind()
            .and_then(|()| io::copy(&mut self.file, &mut copy))
            .and_then(|_| copy.set_permissions(self.file.metadata()?.permissions()));
        if let Err(error) = copied {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        self.file = copy;
        Ok(path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Removes the temporary files of dead writers in a directory, and nothing else.
pub fn sweep(directory: &Path) {
    sweep_those(directory, |_| true);
}

fn sweep_those(directory: &Path, is_meant: impl Fn(&str) -> bool) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_left = name
            .to_str()
            .is_some_and(|name| is_temporary(name) && is_meant(name));
        if is_left && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove_if_dead(&entry.path());
        }
    }
}

/// Whether a name has the form used only by ftpy: `.<name>.ftpy-<16 hex digits>`.
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    let Some((before, digits)) = name.rsplit_once(MARK) else {
        return false;
    };
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    before.len() > 1
        && before.starts_with('.')
        && digits.len() == DIGITS
        && digits.bytes().all(is_digit)
}

/// A live writer holds the lock as long as the file has this name.
fn remove_if_dead(path: &Path) {
    let Ok(file) = File::options().read(true).write(true).open(path) else {
        return;
    };
    if file.try_lock().is_ok() {
        let _ = std::fs::remove_file(path);
    }
}

fn directory(place: &Path) -> &Path {
    match place.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}

/// The prefix of temporary names for this place.
fn stem(place: &Path) -> String {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!(".{}{MARK}", &name[..end])
}

/// A new temporary name next to `place`. Files left by dead writers for the same place are removed.
#[must_use]
pub fn temporary_for(place: &Path) -> PathBuf {
    let stem = stem(place);
    sweep_those(directory(place), |name| name.starts_with(&stem));
    temporary(place)
}

/// A new name next to `place` for which [`is_temporary`] is true.
#[must_use]
pub fn temporary(place: &Path) -> PathBuf {
    let name = format!("{}{:0DIGITS$x}", stem(place), fastrand::u64(..));
    directory(place).join(name)
}

/// Creates a named file and locks it. In between, another process may have swept it.
fn named(place: &Path) -> io::Result<(File, PathBuf)> {
    loop {
        let path = temporary(place);
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        let is_locked = file.try_lock().is_ok();
        if !is_locked || path.exists() {
            return Ok((file, path));
        }
    }
}

/// Creates an unnamed file that can be named later.
#[cfg(target_os = "linux")]
fn unnamed(directory: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    // It is named through its path in /proc.
    if !Path::new("/proc/self/fd").exists() {
        return None;
    }
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = openat(CWD, directory, flags, Mode::from_raw_mode(0o666)).ok()?;
    Some(File::from(file))
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_directory: &Path) -> Option<File> {
    None
}

/// Names an unnamed file; fails if the name is taken.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd;
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn link(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).expect("read").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_complete_and_leaves_no_temporary_file() {
        let home = tempfile::tempdir().expect("tempdir");
        let place = home.path().join("new/file");
        for text in ["one", "two"] {
            let mut unfinished = Unfinished::begin(&place).expect("begin");
            unfinished.file().write_all(text.as_bytes()).expect("write");
            unfinished.finish().expect("finish");
            assert_eq!(std::fs::read_to_string(&place).expect("read"), text);
        }
        drop(Unfinished::begin(&place).expect("begin"));
        assert_eq!(names(&home.path().join("new")), ["file"]);
        assert_eq!(std::fs::read_to_string(&place).expect("read"), "two");
    }

    #[test]
    fn only_files_of_dead_writers_are_swept() {
        let home = tempfile::tempdir().expect("tempdir");
        let put = |name: &str| std::fs::write(home.path().join(name), "x").expect("write");
        let dead = ".file.ftpy-0123456789abcdef";
        let others = [
            "..ftpy-0123456789abcdef0",
            ".file.ftpy-0123456789ABCDEF",
            ".file.ftpy-0123",
            ".file.partial",
            "file.ftpy-0123456789abcdef",
        ];
        put(dead);
        put(".other.ftpy-0123456789abcdef");
        others.iter().for_each(|name| put(name));
        let place = home.path().join("file");
        let (living, path) = named(&place).expect("a file with a name");
        drop(Unfinished::begin(&place).expect("begin"));
        let left = names(home.path());
        assert!(!left.iter().any(|name| name == dead), "{left:?}");
        assert_eq!(left.len(), others.len() + 2, "{left:?}");
        sweep(home.path());
        assert!(path.exists(), "its writer is alive");
        drop(living);
        sweep(home.path());
        let mut expected = others.to_vec();
        expected.sort_unstable();
        assert_eq!(names(home.path()), expected);
    }

    #[test]
    fn a_very_long_name_can_be_written() {
        let home = tempfile::tempdir().expect("tempdir");
        let place = home.path().join("ä".repeat(127));
        Unfinished::begin(&place)
            .expect("begin")
            .finish()
            .expect("finish");
        let (_file, path) = named(&place).expect("a file with a name");
        assert!(path.exists());
    }
}
