//! The choice: a query, what providers offer and what is installed become a plan. Pure: it
//! never fetches, reads or asks. `--dry-run` prints what comes out of here.

mod plan;
mod select;

pub use plan::{Attempt, DeferredSource, Plan, Rejection, Step};
pub use select::{Preferences, plan};
