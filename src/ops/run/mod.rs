//! Runs a command under watch.

#[cfg(unix)]
pub(crate) mod gil;
#[cfg(unix)]
pub(crate) mod supervise;

use crate::error::{Failure, Kind};

/// The failure of a command line without a command, which clap does not let through.
pub(crate) fn no_command() -> Failure {
    Failure::new(Kind::Usage, "no command is given")
}
