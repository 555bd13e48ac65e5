//! Runs a command or a script, also a supervised one.

#[cfg(unix)]
pub(crate) mod advice;
pub(crate) mod choice;
#[cfg(unix)]
pub(crate) mod gil;
pub(crate) mod place;
pub(crate) mod script;
pub(crate) mod script_choice;
pub(crate) mod script_environment;
#[cfg(unix)]
pub(crate) mod supervise;

use crate::error::{Failure, Kind};

/// The failure of a command line without a command. clap refuses it earlier.
pub(crate) fn no_command() -> Failure {
    Failure::new(Kind::Usage, "no command is given")
}
