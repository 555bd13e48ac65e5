//! Runs a program under the sanitizers of its interpreter and collects their reports.
//!
//! A run in which a sanitizer could not work looks like a clean one. So known obstacles are removed
//! or reported.

mod error;
mod instrumentation;
mod options;
mod report;
mod runtime_env;
mod sarif;
mod summary;
mod suppressions;

pub use options::{EXIT_CODE, Given, Sanitizer, options};
pub use report::{Complaint, Finding, Frame, SanitizerReport, Stack, complaints, fold, parse};
pub use runtime_env::{Prepared, RuntimeOptions, SanitizerFindings, needs_sanitizer};
pub use sarif::{Run, sarif};
pub use summary::{no_instrumented_process, not_seen, summary, text};
