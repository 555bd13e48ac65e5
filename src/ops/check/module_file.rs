//! Reads extension modules on this machine: only what the loader maps of them, and large ones one
//! after the other, so that memory does not grow with the number of cores.

use crate::host::plain_file;
use crate::wheel::Limits;
use crate::xray;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How much is read to know how much is needed.
const FIRST: u64 = 4096;
/// Larger files wait for each other.
const LARGE: u64 = 24 << 20;
static LARGE_ONE: Mutex<()> = Mutex::new(());

/// Reads a module, and returns what `examine` makes of its bytes. The file's end may be missing, if
/// it does not change the verdict.
///
/// # Errors
/// The errors of the system; [`ErrorKind::FileTooLarge`] for one that is too large.
pub(super) fn with_bytes<R>(path: &Path, examine: impl FnOnce(&[u8]) -> R) -> Result<R> {
    let file = plain_file::open(path)?;
    let size = file.metadata()?.len();
    let mut bytes = Vec::new();
    (&file).take(FIRST).read_to_end(&mut bytes)?;
    let needed = xray::needed(&bytes).map_or(size, |needed| needed.min(size));
    let most = Limits::MODULE.member;
    if needed > most {
        let text = format!("it is larger than {most} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, text));
    }
    let lock = || LARGE_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _turn = (needed > LARGE).then(lock);
    let rest = needed.saturating_sub(FIRST);
    // One byte more, so that the end is noticed without another buffer.
    bytes.reserve_exact(usize::try_from(rest).unwrap_or(0).saturating_add(1));
    file.take(rest).read_to_end(&mut bytes)?;
    Ok(examine(&bytes))
}
