//! Compares a program on a GIL build and on its free-threaded twin, and says whether
//! free-threading pays for it.
//!
//! The arms run in randomised complete blocks ([`arm`]). The machine is watched meanwhile
//! ([`host`]). What was found is plain data ([`outcome`]).

pub mod arm;
pub mod host;
pub mod outcome;
