//! Paths of files that are open already: `/dev/stdout`, `/dev/fd/3`. A shell that has such a file
//! open continues to write to it.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// Whether a path leads to such a file.
#[cfg(unix)]
pub(super) fn is_at(about: &Metadata, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let there = path.metadata();
    there.is_ok_and(|there| (there.dev(), there.ino()) == (about.dev(), about.ino()))
}

#[cfg(not(unix))]
pub(super) fn is_at(_about: &Metadata, path: &Path) -> bool {
    path.exists()
}

/// Whether a link is one of the kernel's, like those in `/proc/self/fd`.
#[cfg(target_os = "linux")]
pub(super) fn is_of_proc(link: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |about: io::Result<Metadata>| about.ok().map(|about| about.dev());
    let proc = device(Path::new("/proc/self").symlink_metadata());
    let is_number = link
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    is_number && proc.is_some() && device(link.symlink_metadata()) == proc
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_of_proc(_link: &Path) -> bool {
    false
}

/// Opens an open file for appending. For stdout and stderr the position is shared, so that later
/// output follows.
pub(super) fn shared(place: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let (out, err) = (io::stdout(), io::stderr());
        for stream in [out.as_fd(), err.as_fd()] {
            let file = File::from(stream.try_clone_to_owned()?);
            if is_at(&file.metadata()?, place) {
                return Ok(file);
            }
        }
    }
    File::options().append(true).open(place)
}
