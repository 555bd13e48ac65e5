//! Whether an installation is still what was installed: its files, what came beside them, and
//! what its interpreter says. Looks and changes nothing.
//!
//! Of what was added there are four kinds: byte code of known sources, which is normal; what a
//! package lists in the `RECORD` of its `dist-info`, which pip and its like installed; what the
//! interpreter may run without being asked, or in place of something else; and the rest.

mod additions;
mod records;
mod run;

pub use run::{Examined, examine, reinstall};
