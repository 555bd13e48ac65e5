//! Writes and reads the file of a bundle, with progress and cancellation.

use crate::bundle::{BundleError, Contents, Manifest, Piece, read, write};
use crate::cancel::{Cancel, interrupted};
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::Session;
use crate::host::person_file::PersonFile;
use crate::host::plain_file;
use crate::lock::Lock;
use crate::report::{Task, Verb};
use ftpy_core::secret::place_shown;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Writes a bundle, and returns its manifest.
pub(super) fn write_file(session: &Session, path: &Path, pieces: Vec<Piece>) -> Result<Manifest> {
    let task = session.reporter.task("bundle");
    let total = pieces.iter().map(Piece::size).sum();
    task.bytes(Verb::Writing, "the bundle", Some(total));
    let is_cancelled = || session.cancel().is_cancelled();
    let file = PersonFile::begin(path, &is_cancelled);
    session.cancel().check()?;
    let mut file = file.map_err(IoFailure::outside_store)?;
    let manifest = write(&mut file, path, pieces, |bytes| {
        task.advance(bytes);
        !session.cancel().is_cancelled()
    });
    let manifest = manifest.map_err(|error| match error {
        BundleError::Disk(error) => error.outside_store(),
        other => other.at(path),
    })?;
    file.finish().map_err(IoFailure::outside_store)?;
    Ok(manifest)
}

/// Reads a whole bundle, and unpacks the chosen artifacts into a directory.
pub(super) fn read_file(
    session: &Session,
    path: &Path,
    directory: &Path,
    choose: impl FnOnce(&Lock) -> Result<BTreeSet<Digest>>,
) -> Result<Contents> {
    let cannot = |error| IoFailure::at("read", path)(error).outside_store();
    let file = plain_file::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let message = format!("{} does not exist", place_shown(path));
            Failure::new(Kind::NotFound, message).hint("`ftpy bundle create` writes a bundle")
        }
        std::io::ErrorKind::InvalidInput => {
            let message = format!("{} is not a file", path.display());
            Failure::new(Kind::Usage, message)
        }
        _ => cannot(error),
    })?;
    let metadata = file.metadata().map_err(cannot)?;
    let task = session.reporter.task("bundle");
    task.bytes(Verb::Reading, "the bundle", Some(metadata.len()));
    let packed = Watched {
        file,
        cancel: session.cancel().clone(),
        task,
    };
    let contents = read(packed, directory, choose);
    session.cancel().check()?;
    contents.map_err(|error| error.at(path))
}

/// A file that reports how far it was read, and stops reading when cancelled.
struct Watched {
    file: File,
    cancel: Cancel,
    task: Task,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(std::io::Error::other(interrupted().to_string()));
        }
        let read = self.file.read(buffer)?;
        self.task.advance(read as u64);
        Ok(read)
    }
}
