//! The one writer of files that a person owns or named: version files, profiles, locks, settings,
//! `--output`, `--env-file`, `--log`, `--report`. Files of the store alone are
//! [`Unfinished`]'s.
//!
//! What it promises:
//!
//! - A symbolic link is followed: its target is written, also where that is not there yet.
//! - A device or a pipe is written into and never replaced. Neither is a file that a shell has
//!   open, named as `/dev/stdout` or `/dev/fd/3`: its lines stay.
//! - A file that may not be written is an error, also for root, whom the system would let.
//! - Owner, group, mode, ACLs and extended attributes stay. A new file gets the umask's mode.
//! - The old or the new bytes are there, never a part, whatever happens in between.
//!
//! The last is given up, and the file written in place, where keeping it would break another one:
//! nothing may be written beside the file (its directory is not writable, or it is a mount of its
//! own, as in a container), it has several hard links, or its owner, group or attributes cannot
//! be given to another file. After a failure in place the old bytes are put back if they are few.

use crate::error::IoFailure;
use crate::host::atomic_file::Unfinished;
use crate::host::open_file::{is_at, is_of_proc, shared};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

/// So many links may lead from one to the next: as many as Linux follows.
const MOST_LINKS: usize = 40;

/// Of so many bytes the old ones are put back after a failure.
const FEW: u64 = 1 << 20;

/// A file that is being written.
#[derive(Debug)]
pub struct PersonFile {
    /// As it was named, for messages.
    path: PathBuf,
    how: How,
}

#[derive(Debug)]
enum How {
    /// Whole, beside its place; with the file that it replaces.
    Beside(Unfinished, Option<File>),
    /// Into the file that is there.
    Into(File),
    /// Into a regular file, whose old bytes are here if they are few.
    InPlace(File, Option<Vec<u8>>),
    /// It is in its place.
    Done,
}

impl PersonFile {
    /// Begins to write `path`. `is_cancelled` is asked while a pipe has no reader.
    ///
    /// # Errors
    /// Where it cannot be written; then nothing changed.
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

    /// Brings it to its end: only now a file that is replaced is another one.
    ///
    /// # Errors
    /// Where it cannot be written to its end.
    pub fn finish(mut self) -> Result<(), IoFailure> {
        let done = match &mut self.how {
            How::Beside(new, old) => put(new, old.as_mut()),
            // Not every device knows how to sync.
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
            // There is nobody left to tell; the failure itself is told.
            let _ = restored;
        }
    }
}

/// Writes a whole file.
///
/// # Errors
/// Where it cannot be written; then the old one stays.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), IoFailure> {
    let mut file = PersonFile::begin(path, &|| false)?;
    file.write_all(bytes)
        .map_err(IoFailure::at("write", path))?;
    file.finish()
}

/// Opens a file that grows while something happens: a log, a report. What an earlier run wrote
/// is gone, the file stays the same one.
///
/// # Errors
/// Where it cannot be written.
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

/// Opens a file to add to its end; it is made where there is none.
///
/// # Errors
/// Where it cannot be written.
pub fn appended(path: &Path) -> Result<File, IoFailure> {
    let is_read_only = path.metadata().is_ok_and(|about| is_read_only(&about));
    let opened = match is_read_only {
        true => Err(ErrorKind::PermissionDenied.into()),
        false => match (behind_links(path), path.metadata()) {
            (Ok(place), Ok(about)) if about.is_file() && place.is_symlink() => shared(&place),
            _ => File::options().append(true).create(true).open(path),
        },
    };
    opened.map_err(IoFailure::at("write", path))
}

/// Whether `path` can be written, as far as can be known without writing. Nothing changes, and a
/// pipe is not opened: its reader would take the end of that for the end of all.
///
/// # Errors
/// Where it cannot.
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

/// The file that a path leads to, there or not. It is a link only where that link stands for an
/// open file, as `/dev/stdout` does.
///
/// # Errors
/// Where a link cannot be read, or links lead in a circle.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        match place.symlink_metadata() {
            Ok(about) if about.is_symlink() => {
                let target = place.read_link()?;
                let next = place.parent().unwrap_or(&place).join(target);
                // `/dev/fd/63` leads to what is open there, whatever its text says. A file that
                // replaced it would not be the one that a shell goes on writing to.
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

/// Whether what is in a file gives way to what is written: not in a device or a pipe, and not in
/// a file that a shell has open, where others write before and after.
fn may_be_emptied(place: &Path, about: &Metadata) -> bool {
    about.is_file() && !place.is_symlink()
}

/// Whether all write permissions were taken away. The system would let root write, and a rename
/// needs only the directory's permissions.
fn is_read_only(about: &Metadata) -> bool {
    about.permissions().readonly()
}

/// Opens what is there, to write to it. It is not emptied yet.
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

/// Waits for a reader, as a shell's `>` does, but not beyond a Ctrl-C.
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

/// A new file for the same place with the owner, mode and attributes of the old one; `None` where
/// there can be none.
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

/// Gives `new` the owner, group, mode and attributes of `old`.
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
    // An ACL after the mode, which would change it.
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    keep_attributes(old, new)?;
    Ok(())
}

/// ACLs are attributes, too. A directory's own may have given `new` one that `old` has not.
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

/// The names and values of a file's attributes; none where the file system has no such thing.
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

/// Puts a whole file into its place; into the old one where that cannot be replaced.
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

/// Ends a file where it was written to last.
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

#[cfg(unix)]
fn is_writable(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?)
}

#[cfg(not(unix))]
fn is_writable(_path: &Path) -> io::Result<()> {
    Ok(())
}
