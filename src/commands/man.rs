//! `ftpy man`

use crate::cli::daily::Man;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};

/// `ftpy man`
pub(super) fn man(_context: &Context, _arguments: &Man) -> Result<()> {
    Err(Failure::new(Kind::Internal, "not there yet"))
}
