//! Everything that ftpy prints. Nothing else does; a lint sees to it.
//!
//! Data goes to stdout, talk to stderr. With `--json` the data is one JSON document, and a
//! failure is one too (`{"error": {...}}`). Without a terminal, or with NO_COLOR, the talk
//! is plain lines.
//!
//! What is said is one line, and [`escape`] makes it harmless: it may hold what an index, a lock
//! file or another program says. Only [`Reporter::document`], [`Reporter::command`] and
//! [`Reporter::mark`] print a text as it is.

pub mod escape;
mod reporter;
mod stderr;
mod task;
pub mod text;

pub use reporter::{Options, Reporter};
pub use task::{Expected, Phase, Task};
