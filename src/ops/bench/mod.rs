//! `ftpy bench`: measures whether free-threading pays.

pub(crate) mod base_checkout;
pub(crate) mod compare;
mod environment;
pub(crate) mod machine;
pub(crate) mod options;
mod pair;
mod pyperformance;
mod rehearsal;
mod requirements;
mod runner;
mod session;
pub(crate) mod suite;
mod work;

pub(crate) use session::{BenchOutcome, bench, took};
