//! A file in the making: it stands beside its place under another name, and takes its place in
//! one step, once its bytes are on the disk. Dropped before that, it is gone.

use crate::error::IoFailure;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A file that is being written.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
    place: PathBuf,
    is_finished: bool,
}

impl Unfinished {
    /// Begins a file for `place`; the directory above it is made.
    ///
    /// # Errors
    /// Where nothing can be written there.
    pub fn begin(place: &Path) -> Result<Self, IoFailure> {
        let directory = match place.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = directory.join(format!(".{name}.{:016x}", fastrand::u64(..)));
        let file = File::create_new(&path).map_err(IoFailure::at("create", &path))?;
        Ok(Self {
            file,
            path,
            place: place.to_owned(),
            is_finished: false,
        })
    }

    /// The file, to write to.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where its bytes will be.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// Where it cannot be written to its end; then nothing changed.
    pub fn finish(mut self) -> Result<(), IoFailure> {
        self.file
            .sync_all()
            .map_err(IoFailure::at("write", &self.place))?;
        std::fs::rename(&self.path, &self.place).map_err(IoFailure::at("create", &self.place))?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
