//! An archive of plain files, one after the other, which nothing is unpacked of here: whoever
//! reads decides what becomes of each.

use crate::unpack::UnpackError;
use crate::unpack::budget::Budget;
use crate::unpack::decode::{Frames, decode};
use crate::unpack::entry::{Members, check_header, hostile};
use crate::unpack::limits::Bounded;
use crate::unpack::path_policy::{Guard, Made, names};
use std::io::Read;
use tar::{Archive, EntryType};

/// Gives every file of an archive to `take`: its path, its size and its bytes.
///
/// A path is plain and stands in it once; whatever is no regular file is refused.
///
/// # Errors
/// Those of `take`, and where it is no such archive. What the decoder found comes first.
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
    // What follows the end mark is padding; the decoder must see its own end mark, too.
    match is_zero(&mut rest) {
        Ok(true) => Ok(()),
        Ok(false) => Err(damaged("something follows the end of the archive").into()),
        Err(error) => {
            let failure = rest.failure.take();
            Err(failure.unwrap_or_else(|| damaged(error)).into())
        }
    }
}

/// The bytes of one file of an archive; `None` where it has no such file. What is behind the
/// file is not read.
///
/// # Errors
/// Where it is not an archive, or the file has more than `largest` bytes.
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
            return Err(hostile(&entry, "is of absurd size"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(damaged)?;
        return Ok(Some(bytes));
    }
    Ok(None)
}

/// Decodes packed bytes and keeps nothing, for what another program is to decode.
///
/// # Errors
/// Where they are damaged, or become more than the budget of one archive allows.
pub fn measure(packed: impl Read + Send + 'static) -> Result<(), UnpackError> {
    let budget = Budget::of_archive();
    let mut plain = decode(budget.packed(packed), Frames::Any, budget);
    let read = std::io::copy(&mut plain, &mut std::io::sink());
    read.map(drop)
        .map_err(|error| plain.failure.take().unwrap_or_else(|| damaged(error)))
}

/// Reads to the end: whether there is nothing but zeros.
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
            return Err(hostile(&entry, "is no plain file").into());
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
