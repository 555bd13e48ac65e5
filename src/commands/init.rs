//! `ftpy init`

use crate::cli::daily::Init;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};

/// `ftpy init`
pub(super) fn init(_context: &Context, _arguments: &Init) -> Result<()> {
    Err(Failure::new(Kind::Internal, "not there yet"))
}
