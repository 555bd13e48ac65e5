//! File operations with the same name on every platform.

use crate::parallel;
use std::path::{Path, PathBuf};

/// How far down a tree is divided among the cores.
const DEEPEST_SHARED: usize = 4;

/// Removes a directory with everything in it; the cores share the work. Links are removed and never
/// followed.
///
/// # Errors
/// Returns the first error of the system. What is left can be removed again.
pub fn remove_tree(directory: &Path) -> std::io::Result<()> {
    // The deepest first, so that each is small when its turn comes. Who comes too late finds
    // nothing, and what fails here is reported below.
    let mut directories = Vec::new();
    collect(directory, DEEPEST_SHARED, &mut directories);
    directories.reverse();
    parallel::on_all_cores(&directories, |path| std::fs::remove_dir_all(path).is_ok());
    std::fs::remove_dir_all(directory)
}

/// Adds the directories below one, down to `depth` levels.
fn collect(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.push(entry.path());
            if depth > 1 {
                collect(&entry.path(), depth - 1, found);
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_tree_is_removed_and_what_its_links_lead_to_is_not() {
        let scratch = tempfile::tempdir().expect("tempdir");
        let (outside, tree) = (scratch.path().join("outside"), scratch.path().join("tree"));
        std::fs::create_dir(&outside).expect("mkdir");
        std::fs::write(outside.join("kept"), "").expect("write");
        for at in 0..20 {
            let directory = tree.join(format!("a/b{at}/c/d/e/f"));
            std::fs::create_dir_all(&directory).expect("mkdir");
            std::fs::write(directory.join("file"), "").expect("write");
            symlink(&outside, &tree.join(format!("a/b{at}/link"))).expect("symlink");
        }
        remove_tree(&tree).expect("removed");
        assert!(!tree.exists() && outside.join("kept").exists());
        let missing = remove_tree(&tree).expect_err("nothing there");
        assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    }
}
