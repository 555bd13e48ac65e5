//! `ftpy setup`

use crate::cli::daily::Setup;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};

/// `ftpy setup`
pub(super) fn setup(_context: &Context, _arguments: &Setup) -> Result<()> {
    Err(Failure::new(Kind::Internal, "not there yet"))
}
