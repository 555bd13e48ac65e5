//! A temporary directory that only this user may enter.

use crate::error::IoFailure;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A private directory. It is removed when this is dropped.
#[derive(Debug)]
pub struct PrivateDir(PathBuf);

impl PrivateDir {
    /// Creates `ftpy-NAME-` and a random number in `parent`. Fails if it exists, because it may
    /// belong to someone else.
    ///
    /// # Errors
    /// Returns an error if `parent` is not writable.
    pub fn new(parent: &Path, name: &str) -> Result<Self, IoFailure> {
        let path = parent.join(format!("ftpy-{name}-{:016x}", fastrand::u64(..)));
        #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .map_err(IoFailure::at("create", &path))?;
        Ok(Self(path))
    }
}

impl Deref for PrivateDir {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        // A process that outlives its command may still be writing, but opens nothing new.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_directory_is_private_and_does_not_stay() {
        let parent = tempfile::tempdir().expect("tempdir");
        let private = PrivateDir::new(parent.path(), "test").expect("create");
        let mode = private.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::write(private.join("x"), "").expect("write");
        drop(private);
        assert_eq!(parent.path().read_dir().expect("read").count(), 0);
    }
}
