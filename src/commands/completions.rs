//! `ftpy completions`

use crate::cli::daily::Completions;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};

/// `ftpy completions`
pub(super) fn completions(_context: &Context, _arguments: &Completions) -> Result<()> {
    Err(Failure::new(Kind::Internal, "not there yet"))
}
