//! The permissions that new files lack.
//!
//! Archives are unpacked, packages installed and shims made under the umask of the person. With 000,
//! as some containers have it, everybody could then change a Python that others start.

use rustix::fs::Mode;
use rustix::process::umask;
use std::sync::OnceLock;

/// The umask with which this process was started.
static OWN: OnceLock<Mode> = OnceLock::new();

/// Takes the permission to write from others, for all that this process and its children make.
pub fn forbid_others() {
    // It can be read by setting it only.
    let own = umask(Mode::RWXG | Mode::RWXO);
    let own = *OWN.get_or_init(|| own);
    umask(own | Mode::WOTH);
}

/// Restores the umask with which this process was started, for a program of the person.
pub fn restore() {
    if let Some(own) = OWN.get() {
        umask(*own);
    }
}
