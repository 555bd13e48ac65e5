//! Turns a query, the providers' offers and the installations into a plan. Pure: `--dry-run` prints
//! the result.

mod plan;
mod select;

pub use plan::{Attempt, DeferredSource, Plan, Rejection, Step};
pub use select::{Preferences, plan};
