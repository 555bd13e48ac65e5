//! Validates an entry of a tar archive, apart from its path, and creates its file.

use crate::unpack::UnpackError;
use crate::unpack::decode::Decoded;
use crate::unpack::limits::Bounded;
use crate::unpack::path_policy::shown;
use std::fs::{File, OpenOptions};
use std::path::Path;
use tar::Entry;

/// The source of the entries.
pub(super) type Members = Bounded<Decoded>;

/// Validates an entry, apart from its path.
pub(super) fn check_header(entry: &mut Entry<'_, Members>) -> Result<(), UnpackError> {
    if entry.header().mode().unwrap_or(0) & 0o7000 != 0 {
        return Err(hostile(entry, "is set-uid, set-gid or sticky"));
    }
    let declared = entry.header().entry_size().unwrap_or(u64::MAX);
    if entry.size() != declared {
        // Readers that disagree about the size see different archives.
        return Err(hostile(entry, "has two sizes (PAX)"));
    }
    let is_plain = entry.header().entry_type().is_file();
    let sparse = match entry.pax_extensions() {
        Ok(Some(records)) => records
            .flatten()
            .any(|record| record.key_bytes().starts_with(b"GNU.sparse.")),
        _ => false,
    };
    if is_plain && sparse {
        return Err(hostile(entry, "is a sparse file"));
    }
    Ok(())
}

pub(super) fn hostile(entry: &Entry<'_, Members>, reason: &str) -> UnpackError {
    UnpackError::Hostile {
        entry: shown(&entry.path_bytes()),
        reason: reason.to_owned(),
    }
}

/// Creates a file that must not exist yet; the process's umask applies.
pub(super) fn create(path: &Path, is_executable: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if is_executable { 0o755 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = is_executable;
    options.open(path)
}
