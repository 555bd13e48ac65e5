//! Whether a file in `shims/` or `aliases/` belongs to ftpy. The name alone proves nothing: a
//! `python3.12` there may be the user's.

use crate::host::atomic_file::is_temporary;
use crate::host::fs::is_same_file;
use ftpy_core::key::Key;
use ftpy_core::path::MARKER;
use ftpy_core::target::Target;
use std::path::Path;

/// The ftpy that created the shims: a symbolic link.
pub(super) const MAKER: &str = ".ftpy";

/// The magic numbers of executables on Linux and macOS.
const PROGRAMS: [&[u8]; 3] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

/// Whether a file is a shim: a copy of the managed program, or a program that contains the name of
/// the marker, as the shims of every ftpy do.
pub(super) fn is_shim(path: &Path, program: &Path) -> bool {
    is_same(path, program) || is_empty(path) || is_program_of_ftpy(path)
}

/// An empty shim, whose contents were lost in a system crash.
fn is_empty(path: &Path) -> bool {
    let there = path.symlink_metadata();
    there.is_ok_and(|there| there.is_file() && there.len() == 0)
}

fn is_program_of_ftpy(path: &Path) -> bool {
    let is_file = path.symlink_metadata().is_ok_and(|there| there.is_file());
    if !is_file {
        return false;
    }
    let marker = MARKER.as_bytes();
    std::fs::read(path).is_ok_and(|bytes| {
        PROGRAMS.iter().any(|magic| bytes.starts_with(magic))
            && bytes.windows(marker.len()).any(|part| part == marker)
    })
}

/// Whether two files are the same, or equal copies if the file system has no hard links.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    let (Ok(a_is), Ok(b_is)) = (a.symlink_metadata(), b.symlink_metadata()) else {
        return false;
    };
    if is_same_file(&a_is, &b_is) {
        return true;
    }
    a_is.is_file()
        && a_is.len() == b_is.len()
        && matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

/// Whether a file is an alias: a link to an installation that may no longer exist.
pub(super) fn is_alias(path: &Path) -> bool {
    let target = std::fs::read_link(path).ok();
    let target = target.as_deref().and_then(Path::to_str);
    let key = target.and_then(|target| target.strip_prefix("../installs/"));
    key.is_some_and(|key| Key::from_name(key, &Target::new("", "", "")).is_some())
}

/// Whether a file is the shim program, or the link to the ftpy that created it.
pub(super) fn is_managed(path: &Path, name: &str) -> bool {
    match name {
        MARKER => true,
        MAKER => path.is_symlink(),
        other => is_temporary(other),
    }
}
