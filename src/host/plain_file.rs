//! Reads files that ftpy did not write: a user's, or settings of this machine.
//!
//! Such a path can be anything: a directory that Docker created for a missing file, a FIFO, a
//! terminal, a file on a server that does not respond. Only regular files are read, up to a limit,
//! and in a separate thread, so that neither cancellation nor the runtime has to wait.
//!
//! `/dev/null` counts as an empty file: people use it to disable a settings file.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The maximum size of a settings file, list or lock file.
const LARGEST: u64 = 64 << 20;

/// The time limit: a local disk responds in milliseconds, a working file server in seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often cancellation is checked.
const TICK: Duration = Duration::from_millis(20);

/// Reads a regular file.
///
/// # Errors
/// The errors of the system; [`ErrorKind::InvalidInput`] if it is not a regular file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    read_unless(path, || false)
}

/// Like [`read`], for a file that must be UTF-8.
///
/// # Errors
/// Like [`read`]; [`ErrorKind::InvalidData`] if it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let not_text = |_| Error::new(ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read(path)?).map_err(not_text)
}

/// Like [`read`], but stops as soon as `is_cancelled` returns true.
///
/// # Errors
/// Like [`read`]; [`ErrorKind::Interrupted`] on cancellation.
pub fn read_unless(path: &Path, is_cancelled: impl Fn() -> bool) -> Result<Vec<u8>> {
    let (sender, receiver) = channel();
    let place = path.to_owned();
    let reading = std::thread::Builder::new().name("read".to_owned());
    let reading = reading.spawn(move || {
        // The receiver may be gone, if the answer came too late.
        let _ = sender.send(read_in_place(&place));
    });
    if reading.is_err() {
        // No thread can be started. The file is most likely a regular one.
        return read_in_place(path);
    }
    let started = Instant::now();
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(read) => return read,
            Err(RecvTimeoutError::Timeout) if is_cancelled() => {
                return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
            }
            Err(RecvTimeoutError::Timeout) if started.elapsed() < PATIENCE => {}
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                let text = format!("its file system did not respond within {seconds} s");
                return Err(Error::new(ErrorKind::TimedOut, text));
            }
        }
    }
}

/// Like [`read`], but in this thread: for the files of a directory that could be listed just now, of
/// which there may be ten thousand.
///
/// # Errors
/// Like [`read`].
pub fn read_in_place(path: &Path) -> Result<Vec<u8>> {
    let file = match open(path) {
        Err(_) if is_null(path) => return Ok(Vec::new()),
        opened => opened?,
    };
    let size = file.metadata()?.len().min(LARGEST);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let text = format!("it is larger than {LARGEST} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// Opens a regular file that is too large for memory. If the path is a FIFO or device by mistake,
/// it neither blocks nor has an effect.
///
/// # Errors
/// Like [`read`].
pub fn open(path: &Path) -> Result<File> {
    // Opening some devices has an effect, so they are not opened at all.
    check_regular(&std::fs::metadata(path)?)?;
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).expect("flags of open(2) are an int"));
    }
    let file = options.open(path)?;
    // The path may have changed by now; the open file cannot.
    check_regular(&file.metadata()?)?;
    Ok(file)
}

fn check_regular(metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = what(metadata);
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("it is {what}, not a regular file"),
    ))
}

fn what(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    match metadata.is_dir() {
        true => "a directory",
        false => "a special file",
    }
}

#[cfg(unix)]
fn is_null(path: &Path) -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let device = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        let is_device = metadata.file_type().is_char_device();
        is_device.then(|| metadata.rdev())
    };
    device(path).is_some_and(|found| device(Path::new("/dev/null")) == Some(found))
}

#[cfg(not(unix))]
fn is_null(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_file_is_read_and_dev_null_is_empty() {
        let home = tempfile::tempdir().expect("tempdir");
        let file = home.path().join("file");
        std::fs::write(&file, "é").expect("write");
        assert_eq!(read_text(&file).expect("text"), "é");
        std::fs::write(&file, [0xe9]).expect("write");
        assert_eq!(read(&file).expect("bytes"), [0xe9]);
        let failed = read_text(&file).expect_err("latin-1").kind();
        assert_eq!(failed, ErrorKind::InvalidData);
        let missing = read(&home.path().join("none")).expect_err("missing");
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/null")).expect("null"), b"");
    }

    #[cfg(unix)]
    #[test]
    fn other_kinds_of_files_are_named_and_never_block() {
        let home = tempfile::tempdir().expect("tempdir");
        let fifo = home.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        let link = home.path().join("link");
        std::os::unix::fs::symlink(&fifo, &link).expect("symlink");
        let started = Instant::now();
        for (path, what) in [
            (fifo.as_path(), "a named pipe"),
            (link.as_path(), "a named pipe"),
            (home.path(), "a directory"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            let error = read(path).expect_err("not a file");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            let said = format!("it is {what}, not a regular file");
            assert_eq!(error.to_string(), said);
            assert_eq!(open(path).expect_err("not a file").to_string(), said);
        }
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}
