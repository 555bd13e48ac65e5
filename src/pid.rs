//! Process ids as the system's calls take them.

use rustix::process::Pid;

/// The id of a process; `None` if no process can have it.
#[must_use]
pub fn as_pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}
