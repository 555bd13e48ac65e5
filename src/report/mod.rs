//! All output of ftpy. A lint forbids printing anywhere else.
//!
//! Data goes to stdout, messages to stderr. With `--json` the data is one JSON document, and so
//! is a failure (`{"error": {...}}`). Without a terminal, or with NO_COLOR, messages are plain
//! lines.
//!
//! A message is one line, and [`escape`] makes it harmless, because it may quote an index, a lock
//! file or another program. Only [`Reporter::document`], [`Reporter::command`] and
//! [`Reporter::mark`] print a text unchanged.

pub mod escape;
pub(crate) mod markdown;
pub(crate) mod markup;
mod question;
mod reporter;
mod status;
mod stderr;
mod step;
mod table;
mod task;
pub mod text;

pub use question::Question;
pub use reporter::{Options, Reporter};
pub use status::Verb;
pub use step::Expected;
pub use task::Task;
