//! From an unpacked source tree to an installed one below a stage: looks for what a build
//! needs, runs configure, make and make install, and finds the first real error in a log.

mod build;
mod failure;
mod preflight;

pub use build::{Job, compile};
pub use preflight::{Machine, Missing, Preflight, missing_failure, preflight};
