//! The umask, which takes permissions from new files.
//!
//! With 000, as some containers have it, every user could change a Python that others start. So
//! ftpy itself creates nothing that others may write. `ftpy run` starts programs with the umask that
//! it was started with.

use rustix::fs::Mode;
use rustix::process::umask;
use std::sync::OnceLock;

/// The umask with which this process was started.
static INHERITED: OnceLock<Mode> = OnceLock::new();

/// Takes the permission to write from others, for all that this process and its children create.
pub fn forbid_others() {
    // The umask can only be read by setting it.
    let current = umask(Mode::from_raw_mode(0o077));
    let inherited = *INHERITED.get_or_init(|| current);
    umask(inherited | Mode::from_raw_mode(0o002));
}

/// Restores the umask with which this process was started.
pub fn restore() {
    if let Some(inherited) = INHERITED.get() {
        umask(*inherited);
    }
}
