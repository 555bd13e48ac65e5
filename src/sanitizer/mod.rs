//! Running a program under the sanitizers of its interpreter: what their runtimes are told, and
//! what they reported.
//!
//! A run that finds nothing because something stood in its way looks like one of a program without
//! errors. So everything that is known to stand in the way is taken out of it, or said.

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
pub use summary::{nobody, not_seen, summary, text};
