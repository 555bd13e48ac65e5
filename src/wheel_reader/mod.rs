//! Reads wheels for `ftpy check`, and little of them: from a server only the directory and the
//! members that are needed, by range requests. What was found is cached.
//!
//! ```text
//! the last 64 KiB -> the directory -> RECORD, METADATA -> modules, in batches -> verdicts
//! ```
//!
//! A wheel is downloaded as a whole if the server cannot send parts of it, sends wrong ones, or if
//! nearly all of it is needed. Only then can its sha256 be verified; the checksums of its members
//! and RECORD are compared in any case. Nothing is installed, and nothing is started.

mod batch;
mod error;
mod examine;
mod many;
mod request;
mod source;
mod tools;
mod verdicts;
mod whole;

pub use error::WheelError;
pub use many::read_wheels;
pub use request::{ReadOptions, SourceScan, WheelRead, WheelToRead};
pub use tools::ReaderTools;
pub(crate) use verdicts::ENGINE;
pub use verdicts::{cached_report, keep_report};
