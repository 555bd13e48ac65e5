//! The shims on PATH and the aliases `3.14t -> installs/...`, kept in sync with the installations.
//!
//! ```text
//! shims/.ftpy-shims     the shim program; also marks the directory as one of shims
//! shims/.ftpy            the ftpy that created them, which an automatic install starts
//! shims/python3.14t      hard links to the program, one per name
//! aliases/3.14t          the newest installed patch of a minor and variant
//! ```
//!
//! [`ensure`] may run at any time; each name appears, changes and disappears by one rename. Files
//! of others under such a name are left alone. This module does not decide what a name means: the
//! shim does.

mod expected;
mod proof;
mod update;

pub use expected::{ExpectedLinks, wanted};
pub use update::{Stale, ensure, establish, names, remove, remove_installation, stale};
