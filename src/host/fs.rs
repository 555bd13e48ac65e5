//! File operations with the same name on every platform.

use std::fs::Metadata;
use std::path::Path;

/// Creates a symbolic link at `path`.
///
/// # Errors
/// Returns the errors of the system; always fails if the system has no symbolic links.
pub fn symlink(target: impl AsRef<Path>, path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, path);
    #[cfg(not(unix))]
    {
        let _ = (target, path);
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

/// Whether two names lead to one file. Always false where that cannot be told.
#[must_use]
pub fn is_same_file(a: &Metadata, b: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (a.dev(), a.ino()) == (b.dev(), b.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (a, b);
        false
    }
}

/// Makes a file readable and executable for everyone. Has no effect except on Unix.
///
/// # Errors
/// Returns the errors of the system.
pub fn set_executable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Whether the file system of a path, or of its nearest existing parent, is mounted noexec.
/// Detected on Linux only.
#[must_use]
pub fn is_noexec(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{StatVfsMountFlags, statvfs};
        let there = path.ancestors().find_map(|place| statvfs(place).ok());
        there.is_some_and(|there| there.f_flag.contains(StatVfsMountFlags::NOEXEC))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

/// Asks whether this user may write to a file, or in a directory.
///
/// # Errors
/// Returns the system's reason if not.
#[cfg(unix)]
pub fn is_writable(path: &Path) -> std::io::Result<()> {
    Ok(rustix::fs::access(path, rustix::fs::Access::WRITE_OK)?)
}

/// Always succeeds, as this is not implemented for other systems.
#[cfg(not(unix))]
pub fn is_writable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
