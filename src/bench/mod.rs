//! Compares a program on a GIL build and on its free-threaded twin, and says whether
//! free-threading pays for it.
//!
//! The arms ([`arm`]) run in randomised complete blocks ([`mod@measure`]), while the machine is
//! watched ([`host`]). The samples become figures with intervals ([`statistics`], [`analysis`]) and a
//! verdict ([`verdict`]). What was found is plain data ([`outcome`]), which is rendered ([`render`]).

pub mod analysis;
pub mod arm;
#[cfg(unix)]
pub mod child;
pub mod condition;
pub mod decisive;
pub mod host;
pub mod measure;
#[cfg(unix)]
pub mod observe;
pub mod outcome;
pub mod output;
pub mod render;
pub mod statistics;
pub mod template;
pub mod verdict;
