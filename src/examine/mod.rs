//! Verifies an installation: its files, files added to it, and what its interpreter reports.
//! Changes nothing.
//!
//! There are four kinds of added files: byte code of known sources, which is normal; files that a
//! package lists in the `RECORD` of its `dist-info`, as installed by pip; files that the
//! interpreter may run at startup or in place of a module; and everything else.

mod additions;
mod records;
mod run;

pub use run::{Examined, advice, examine, reinstall};
