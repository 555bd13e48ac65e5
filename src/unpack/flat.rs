//! An archive of plain files, one after the other, which nothing is unpacked of here: whoever
//! reads decides what becomes of each.

use crate::unpack::UnpackError;
use crate::unpack::bound::Bounded;
use crate::unpack::decode::decode;
use crate::unpack::guard::{Guard, Made, names};
use crate::unpack::tar::{check_header, hostile};
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
    let mut archive = Archive::new(Bounded::new(decode(packed)));
    let result = take_all(&mut archive, &mut take);
    let (mut rest, failure) = archive.into_inner().into_parts();
    if let Some(failure) = failure.or(rest.failure.take()) {
        return Err(failure.into());
    }
    result?;
    // What follows the end mark is padding; the decoder must see its own end mark, too.
    if std::io::copy(&mut rest, &mut std::io::sink()).is_err()
        && let Some(failure) = rest.failure.take()
    {
        return Err(failure.into());
    }
    Ok(())
}

fn take_all<E: From<UnpackError>>(
    archive: &mut Archive<Bounded<crate::unpack::decode::Decoded>>,
    take: &mut impl FnMut(&str, u64, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let damaged = |error: std::io::Error| UnpackError::Damaged {
        reason: error.to_string(),
    };
    let mut guard = Guard::default();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        check_header(&mut entry)?;
        if entry.header().entry_type() != EntryType::Regular {
            return Err(hostile(&entry, "is no plain file").into());
        }
        let path = entry.path_bytes().into_owned();
        let names = names(&path)?;
        guard.make(&names, Made::File)?;
        let (path, size) = (names.join("/"), entry.size());
        take(&path, size, &mut entry)?;
    }
    Ok(())
}
