//! Reads an archive of regular files without unpacking it: the caller decides about each file.

use crate::unpack::UnpackError;
use crate::unpack::budget::Budget;
use crate::unpack::decode::{Frames, decode};
use crate::unpack::entry::{Members, check_header, hostile};
use crate::unpack::limits::Bounded;
use crate::unpack::path_policy::{Guard, Made, names};
use std::io::Read;
use tar::{Archive, EntryType};

/// Passes every file of an archive to `take`: its path, size and contents.
///
/// Paths must be plain and unique; anything but regular files is rejected.
///
/// # Errors
/// Returns the errors of `take`, or the first problem of the archive. Decoder errors come first.
pub fn each_file<E: From<UnpackError>>(
    packed: impl Read + Send + 'static,
    mut take: impl FnMut(&str, u64, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let budget = Budget::of_bundle();
    let packed = budget.packed(packed);
    let mut archive = Archive::new(Bounded::new(decode(packed, Frames::One, budget.clone())));
    let result = take_all(&mut archive, &budget, &mut take);
    let (mut rest, failure) = archive.into_inner().into_parts();
    if let Some(failure) = failure.or(rest.failure.take()) {
        return Err(failure.into());
    }
    result?;
    // Only padding may follow the end of the tar; the decoder must reach its own end, too.
    match is_zero(&mut rest) {
        Ok(true) => Ok(()),
        Ok(false) => Err(damaged("unexpected data after the end of the archive").into()),
        Err(error) => {
            let failure = rest.failure.take();
            Err(failure.unwrap_or_else(|| damaged(error)).into())
        }
    }
}

/// The contents of one file of an archive; `None` if there is no such file. Anything after the file
/// is not read.
///
/// # Errors
/// Returns an error if it is not an archive, or the file is larger than `largest` bytes.
pub fn one_file(
    packed: impl Read + Send + 'static,
    path: &str,
    largest: u64,
) -> Result<Option<Vec<u8>>, UnpackError> {
    let budget = Budget::of_archive();
    let packed = budget.packed(packed);
    let mut archive = Archive::new(Bounded::new(decode(packed, Frames::Any, budget)));
    let result = find(&mut archive, path, largest);
    let (mut rest, failure) = archive.into_inner().into_parts();
    match failure.or(rest.failure.take()) {
        Some(failure) => Err(failure),
        None => result,
    }
}

fn find(
    archive: &mut Archive<Members>,
    path: &str,
    largest: u64,
) -> Result<Option<Vec<u8>>, UnpackError> {
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        if entry.header().entry_type() != EntryType::Regular
            || entry.path_bytes() != path.as_bytes()
        {
            continue;
        }
        check_header(&mut entry)?;
        if entry.size() > largest {
            return Err(hostile(&entry, "is too large"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(damaged)?;
        return Ok(Some(bytes));
    }
    Ok(None)
}

/// Passes the contents of a single compressed file to `take`, in pieces.
///
/// # Errors
/// Returns the errors of `take`, or an error if the file is damaged or exceeds the budget of one
/// archive.
pub fn each_piece<E: From<UnpackError>>(
    packed: impl Read + Send + 'static,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let budget = Budget::of_archive();
    let mut plain = decode(budget.packed(packed), Frames::Any, budget);
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match plain.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => take(&buffer[..read])?,
            Err(error) => {
                let failure = plain.failure.take();
                return Err(failure.unwrap_or_else(|| damaged(error)).into());
            }
        }
    }
}

/// Reads to the end; returns whether there are only zeros.
fn is_zero(rest: &mut impl Read) -> std::io::Result<bool> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok(true),
            read if buffer[..read].iter().any(|byte| *byte != 0) => return Ok(false),
            _ => {}
        }
    }
}

fn damaged(reason: impl ToString) -> UnpackError {
    UnpackError::Damaged {
        reason: reason.to_string(),
    }
}

fn take_all<E: From<UnpackError>>(
    archive: &mut Archive<Members>,
    budget: &Budget,
    take: &mut impl FnMut(&str, u64, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let mut guard = Guard::default();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        check_header(&mut entry)?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(hostile(&entry, "is not a regular file").into());
        }
        let path = entry.path_bytes().into_owned();
        let names = names(&path)?;
        let above = guard.make(&names, Made::File)?;
        budget.spend_paths(1, above.len())?;
        let (path, size) = (names.join("/"), entry.size());
        take(&path, size, &mut entry)?;
    }
    Ok(())
}
