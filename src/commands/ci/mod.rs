//! `ftpy ci`: the commands for CI systems. [`crate::ci`] creates their output; here it is read,
//! installed, written and printed.

mod cache_key;
mod log;
mod matrix;
mod setup;

use crate::cli::ci::Ci;
use crate::error::Result;
use crate::ops::context::Context;

/// `ftpy ci`
pub(super) fn ci(context: &Context, command: &Ci) -> Result<()> {
    match command {
        Ci::Setup(arguments) => setup::setup(context, arguments),
        Ci::Matrix(arguments) => matrix::matrix(context, arguments),
        Ci::CacheKey(arguments) => cache_key::cache_key(context, arguments),
    }
}
