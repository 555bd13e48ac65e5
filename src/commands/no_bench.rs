//! `ftpy bench` on systems that are not Unix: it is not there yet.

use crate::cli::bench::Bench;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;

/// `ftpy bench`
pub(super) fn bench(_: &Context, _: &Bench) -> Result<()> {
    let message = "`ftpy bench` measures on Linux and macOS only";
    Err(Failure::new(Kind::Usage, message))
}
