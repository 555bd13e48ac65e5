//! The names of version files, and links in their place.

use crate::paste;
use std::path::Path;

/// The file names, in order of precedence within one directory.
pub const PIN_FILES: [&str; 3] = [".python-version", ".python-versions", ".tool-versions"];

/// The command that removes such a link.
#[must_use]
pub fn without_link(path: &Path) -> String {
    paste!["rm", "--", path.display()]
}

/// Whether a version file is a link to a file with another name.
pub(crate) fn leads_elsewhere(path: &Path) -> bool {
    let is_link = path.symlink_metadata().is_ok_and(|link| link.is_symlink());
    let is_other = || {
        let target = path.canonicalize().ok();
        let name = target.as_deref().and_then(Path::file_name);
        !name.is_some_and(|name| PIN_FILES.iter().any(|known| name == *known))
    };
    is_link && is_other()
}
