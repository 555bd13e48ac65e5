//! `ftpy doctor`

use crate::cli::daily::Doctor;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};

/// `ftpy doctor`
pub(super) fn doctor(_context: &Context, _arguments: &Doctor) -> Result<()> {
    Err(Failure::new(Kind::Internal, "not there yet"))
}
