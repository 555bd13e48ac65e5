//! Everything that ftpy prints. Nothing else does; a lint sees to it.
//!
//! Data goes to stdout, talk to stderr. With `--json` the data is one JSON document, and a
//! failure is one too (`{"error": {...}}`). Without a terminal, or with NO_COLOR, the talk
//! is plain lines.

mod reporter;
mod task;
pub mod text;

pub use reporter::{Options, Reporter};
pub use task::{Expected, Phase, Task};
