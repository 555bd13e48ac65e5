//! The statistics of a comparison: paired, robust, and resampled by blocks. Pure.
//!
//! The cost of a run is the logarithm of its time. Two arms are compared by their differences within
//! each block, so that what changes slowly (the clock's frequency, the cache) cancels out; the
//! estimate is the mean of the middle third of the differences, so that bad runs do not move it.
//! The bootstrap draws whole blocks, so that what arms share stays shared.

mod bootstrap;
mod break_even;
mod location;
mod model;
mod student;
mod table;
mod warm_up;

pub use bootstrap::{Resamples, resamples};
pub use break_even::{BreakEvenDraws, break_even};
pub use location::{median, midmean};
pub use model::scaling;
pub use student::t_quantile;
pub use table::{Contrast, Table};
pub use warm_up::warm_up;
