//! What files can be made to be, behind one name for every platform.

use std::path::Path;

/// Makes a symbolic link at `path`.
///
/// # Errors
/// Those of the system; always where it has none.
pub fn symlink(target: impl AsRef<Path>, path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, path);
    #[cfg(not(unix))]
    {
        let _ = (target, path);
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

/// Lets everybody read and start a file. Elsewhere than on Unix its name decides.
///
/// # Errors
/// Those of the system.
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

/// Makes a directory that nobody else can look into. Fails if it exists: nobody else's is used.
///
/// # Errors
/// Those of the system.
pub fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whether the file system of a path, or of the nearest directory above it that is there, lets
/// no program start. Only Linux tells.
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
