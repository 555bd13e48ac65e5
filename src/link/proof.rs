//! Whether a file below `shims/` or `aliases/` is ftpy's own. A name alone proves nothing: the
//! person may have put a `python3.12` there.

use crate::host::atomic_file::is_temporary;
use ftpy_core::key::Key;
use ftpy_core::path::MARKER;
use ftpy_core::target::Target;
use std::path::Path;

/// Which ftpy made the shims: a symbolic link.
pub(super) const MAKER: &str = ".ftpy";

/// How the programs of Linux and macOS begin.
const PROGRAMS: [&[u8]; 3] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

/// Whether a file is a shim: the managed program itself, or a program that looks for the marker
/// as the shims of every ftpy do.
pub(super) fn is_shim(path: &Path, program: &Path) -> bool {
    is_same(path, program) || is_empty(path) || is_program_of_ftpy(path)
}

/// A shim whose bytes a crash of the machine lost; nothing else is lost with it.
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

/// Whether two files are one, or copies where the file system has no hard links.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    let (Ok(a_is), Ok(b_is)) = (a.symlink_metadata(), b.symlink_metadata()) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (a_is.dev(), a_is.ino()) == (b_is.dev(), b_is.ino()) {
            return true;
        }
    }
    a_is.is_file()
        && a_is.len() == b_is.len()
        && matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b)
}

/// Whether a file is an alias: a link to an installation, there or not.
pub(super) fn is_alias(path: &Path) -> bool {
    let target = std::fs::read_link(path).ok();
    let target = target.as_deref().and_then(Path::to_str);
    let key = target.and_then(|target| target.strip_prefix("../installs/"));
    key.is_some_and(|key| Key::from_name(key, &Target::new("", "", "")).is_some())
}

/// Whether a file is the program of the shims, or the link to the ftpy that made them.
pub(super) fn is_managed(path: &Path, name: &str) -> bool {
    match name {
        MARKER => true,
        MAKER => path.is_symlink(),
        other => is_temporary(other),
    }
}
