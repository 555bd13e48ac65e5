//! Writes files that a user owns or named: version files, profiles, lock files, settings,
//! `--output`, `--env-file`, `--log`, `--report`. Files of the store are written by [`Unfinished`].
//!
//! Guarantees:
//!
//! - A symbolic link is followed: its target is written, even if it does not exist yet.
//! - A device or pipe is written to, never replaced. The same applies to a file that a shell has
//!   open, named as `/dev/stdout` or `/dev/fd/3`: its lines are kept.
//! - A read-only file is an error, also for root, who could write it.
//! - Owner, group, mode, ACLs and extended attributes are kept. A new file gets the umask's mode.
//! - The file always has the old or the new contents, never a part.
//!
//! The last one is given up, and the file is written in place, if nothing else is possible: no file
//! can be created next to it (its directory is read-only, or it is a mount of its own, as in a
//! container), it has several hard links, or its owner, group or attributes cannot be given to
//! another file. If writing in place fails, small old contents are restored.

use crate::error::IoFailure;
use crate::host::atomic_file::Unfinished;
use crate::host::fs::is_writable;
use crate::host::open_file::{is_at, is_of_proc, shared};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

/// The maximum number of links to follow, as on Linux.
const MOST_LINKS: usize = 40;

/// The maximum size of contents that are restored after a failure.
const FEW: u64 = 1 << 20;

/// A file that is being written.
#[derive(Debug)]
pub struct PersonFile {
    /// Its path as given, for messages.
    path: PathBuf,
    how: How,
}

#[derive(Debug)]
enum How {
    /// A complete new file next to its place, and the file it replaces.
    Beside(Unfinished, Option<File>),
    /// The existing device, pipe or open file.
    Into(File),
    /// The existing regular file, and its old contents if they are small.
    InPlace(File, Option<Vec<u8>>),
    /// In its place.
    Done,
}

impl PersonFile {
    /// Starts writing `path`. `is_cancelled` is polled while a pipe has no reader.
    ///
    /// # Errors
    /// Returns an error if it cannot be written; nothing has changed then.
    pub fn begin(path: &Path, is_cancelled: &dyn Fn() -> bool) -> Result<Self, IoFailure> {
        let failed = |error| IoFailure::at("write", path)(error);
        let place = behind_links(path).map_err(failed)?;
        let how = match place.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                How::Beside(Unfinished::begin(&place)?, None)
            }
            Err(error) => return Err(failed(error)),
            Ok(about) => {
                let old = open(&place, &about, is_cancelled).map_err(failed)?;
                match (may_be_emptied(&place, &about), beside(&place, &old)) {
                    (false, _) => How::Into(old),
                    (true, Some(new)) => How::Beside(new, Some(old)),
                    (true, None) => How::InPlace(old, few(&place, &about)),
                }
            }
        };
        Ok(Self {
            path: path.to_owned(),
            how,
        })
    }

    /// Finishes writing. Only now an existing file is replaced.
    ///
    /// # Errors
    /// Returns an error if it cannot be written completely.
    pub fn finish(mut self) -> Result<(), IoFailure> {
        let done = match &mut self.how {
            How::Beside(new, old) => put(new, old.as_mut()),
            // Not every device supports sync.
            How::Into(file) => file.flush(),
            How::InPlace(file, _) => cut(file),
            How::Done => Ok(()),
        };
        if done.is_ok() {
            self.how = How::Done;
        }
        done.map_err(IoFailure::at("write", &self.path))
    }

    fn file(&mut self) -> io::Result<&mut File> {
        match &mut self.how {
            How::Beside(new, _) => Ok(new.file()),
            How::Into(file) | How::InPlace(file, _) => Ok(file),
            How::Done => Err(ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Write for PersonFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl Drop for PersonFile {
    fn drop(&mut self) {
        if let How::InPlace(file, Some(old)) = &mut self.how {
            let restored = file
                .rewind()
                .and_then(|()| file.write_all(old))
                .and_then(|()| cut(file));
            // Ignored: the original failure is reported.
            let _ = restored;
        }
    }
}

/// Writes a whole file.
///
/// # Errors
/// Returns an error if it cannot be written; the old contents are kept.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), IoFailure> {
    let mut file = PersonFile::begin(path, &|| false)?;
    file.write_all(bytes)
        .map_err(IoFailure::at("write", path))?;
    file.finish()
}

/// Opens a file that grows over time: a log, a report. Its old contents are truncated; the file
/// stays the same one.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn emptied(path: &Path) -> Result<File, IoFailure> {
    let failed = |error| IoFailure::at("write", path)(error);
    let place = behind_links(path).map_err(failed)?;
    let opened = match place.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => File::create_new(&place),
        Err(error) => Err(error),
        Ok(about) => open(&place, &about, &|| false).and_then(|file| {
            if may_be_emptied(&place, &about) {
                file.set_len(0)?;
            }
            Ok(file)
        }),
    };
    opened.map_err(failed)
}

/// Appends a text to a file, creating it if it does not exist.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), IoFailure> {
    let is_read_only = path.metadata().is_ok_and(|about| is_read_only(&about));
    let opened = match is_read_only {
        true => Err(ErrorKind::PermissionDenied.into()),
        false => match (behind_links(path), path.metadata()) {
            (Ok(place), Ok(about)) if about.is_file() && place.is_symlink() => shared(&place),
            _ => File::options().append(true).create(true).open(path),
        },
    };
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(IoFailure::at("write", path))
}

/// Checks that `path` can be written, as far as possible without writing. Changes nothing, and does
/// not open pipes: closing one again would signal its reader the end of the data.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn check(path: &Path) -> Result<(), IoFailure> {
    let check = || {
        let place = behind_links(path)?;
        match place.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let above = match place.parent() {
                    Some(above) if !above.as_os_str().is_empty() => above,
                    _ => Path::new("."),
                };
                above.metadata()?;
                is_writable(above)
            }
            Err(error) => Err(error),
            Ok(about) if about.is_file() => open(&place, &about, &|| false).map(|_| ()),
            Ok(about) if about.is_dir() => Err(ErrorKind::IsADirectory.into()),
            Ok(about) if is_read_only(&about) => Err(ErrorKind::PermissionDenied.into()),
            Ok(_) => is_writable(&place),
        }
    };
    check().map_err(IoFailure::at("write", path))
}

/// The file that a path leads to, existing or not. It is a link only if that stands for an open
/// file, as `/dev/stdout` does.
///
/// # Errors
/// Returns an error if a link cannot be read or links form a cycle.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        match place.symlink_metadata() {
            Ok(about) if about.is_symlink() => {
                let target = place.read_link()?;
                let next = place.parent().unwrap_or(&place).join(target);
                // `/dev/fd/63` leads to the open file, whatever the text of the link says. A file
                // that replaced it would not be the one that a shell continues to write to.
                if let Ok(there) = place.metadata()
                    && (is_of_proc(&place) || !is_at(&there, &next))
                {
                    return Ok(place);
                }
                place = next;
            }
            Ok(_) => return Ok(place),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(place),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Whether the old contents are replaced: not for a device or pipe, nor for a file that a shell has
/// open, where others write before and after.
fn may_be_emptied(place: &Path, about: &Metadata) -> bool {
    about.is_file() && !place.is_symlink()
}

/// Whether the file is read-only. The system would let root write, and a rename only needs the
/// directory's permissions.
fn is_read_only(about: &Metadata) -> bool {
    about.permissions().readonly()
}

/// Opens an existing file for writing, without truncating it yet.
fn open(place: &Path, about: &Metadata, is_cancelled: &dyn Fn() -> bool) -> io::Result<File> {
    if about.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if is_read_only(about) {
        return Err(ErrorKind::PermissionDenied.into());
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&about.file_type()) {
        return open_pipe(place, is_cancelled);
    }
    let _ = is_cancelled;
    if about.is_file() && place.is_symlink() {
        return shared(place);
    }
    File::options().write(true).open(place)
}

/// Waits for a reader, as a shell's `>` does, but stops on Ctrl-C.
#[cfg(unix)]
fn open_pipe(place: &Path, is_cancelled: &dyn Fn() -> bool) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
    use rustix::io::Errno;
    loop {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match open(place, flags, Mode::empty()) {
            Ok(pipe) => {
                fcntl_setfl(&pipe, OFlags::empty())?;
                return Ok(File::from(pipe));
            }
            Err(Errno::NXIO) if is_cancelled() => return Err(ErrorKind::Interrupted.into()),
            Err(Errno::NXIO) => std::thread::sleep(std::time::Duration::from_millis(20)),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A new file for the same place with the owner, mode and attributes of the old one; `None` if that
/// is impossible.
fn beside(place: &Path, old: &File) -> Option<Unfinished> {
    if place.is_symlink() {
        return None;
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&old.metadata().ok()?) > 1 {
        return None;
    }
    let mut new = Unfinished::begin(place).ok()?;
    keep(old, new.file()).ok()?;
    Some(new)
}

/// Copies owner, group, mode and attributes from `old` to `new`.
fn keep(old: &File, new: &File) -> io::Result<()> {
    let was = old.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let is = new.metadata()?;
        if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
            fchown(new, Some(was.uid()), Some(was.gid()))?;
        }
    }
    new.set_permissions(was.permissions())?;
    // The ACL after the mode, which would change it.
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    keep_attributes(old, new)?;
    Ok(())
}

/// ACLs are attributes, too. `new` may have inherited one from its directory that `old` does not
/// have.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn keep_attributes(old: &File, new: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fremovexattr, fsetxattr};
    let (was, is) = (attributes(old)?, attributes(new)?);
    for (name, _) in &is {
        if !was.iter().any(|(known, _)| known == name) {
            fremovexattr(new, name.as_slice())?;
        }
    }
    for one in was.iter().filter(|one| !is.contains(one)) {
        fsetxattr(new, one.0.as_slice(), &one.1, XattrFlags::empty())?;
    }
    Ok(())
}

/// The names and values of a file's attributes; empty if the file system does not support them.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn attributes(file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    use rustix::fs::{fgetxattr, fgetxattr_query, flistxattr, flistxattr_query};
    use rustix::io::Errno;
    let size = match flistxattr_query(file) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
        size => size?,
    };
    let mut list = vec![0; size];
    let size = flistxattr(file, list.as_mut_slice())?;
    list.truncate(size);
    let names = list
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    let read = |name: &[u8]| {
        let mut value = vec![0; fgetxattr_query(file, name)?];
        let size = fgetxattr(file, name, value.as_mut_slice())?;
        value.truncate(size);
        Ok((name.to_vec(), value))
    };
    names.map(read).collect()
}

/// Moves a complete file into its place, or writes into the old one if that cannot be replaced.
fn put(new: &mut Unfinished, old: Option<&mut File>) -> io::Result<()> {
    new.file().sync_all()?;
    let error = match new.put() {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let is_full = matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    );
    let Some(old) = old.filter(|_| !is_full) else {
        return Err(error);
    };
    new.file().rewind()?;
    io::copy(new.file(), old)?;
    cut(old)
}

/// Truncates a file at the current position.
fn cut(file: &mut File) -> io::Result<()> {
    let end = file.stream_position()?;
    file.set_len(end)?;
    file.sync_all()
}

fn few(place: &Path, about: &Metadata) -> Option<Vec<u8>> {
    (about.len() <= FEW)
        .then(|| std::fs::read(place).ok())
        .flatten()
}
