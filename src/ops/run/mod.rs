//! Runs a supervised command.

pub(crate) mod choice;
#[cfg(unix)]
pub(crate) mod gil;
#[cfg(unix)]
pub(crate) mod supervise;

use crate::error::{Failure, Kind};

/// The failure of a command line without a command. clap refuses it earlier.
pub(crate) fn no_command() -> Failure {
    Failure::new(Kind::Usage, "no command is given")
}
