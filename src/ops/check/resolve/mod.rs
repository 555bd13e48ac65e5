//! Resolves requirements with the installer of the person: uv, else pip, in their configuration.
//! Index, credentials and proxies are known to these tools; ftpy has none of its own.

mod indexes;
mod pip;
mod request;
mod run;
mod tool;
mod uv;

pub(crate) use indexes::{Pins, indexes};
pub(crate) use request::{Resolution, Wanted};
pub(crate) use run::{locate_wheels, resolve};
pub(crate) use tool::too_slow;
