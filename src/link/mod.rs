//! The shims on PATH and the aliases `3.14t -> installs/...`, kept in step with what is
//! installed.
//!
//! ```text
//! shims/.ftpy-shims     the shim program; the marker by which every shim knows such a directory
//! shims/.ftpy            the ftpy that made them, which an automatic install starts
//! shims/python3.14t      hard links to the program, one for each name
//! aliases/3.14t          the newest installed patch of a minor and variant
//! ```
//!
//! [`ensure`] may run at any time and any number of times; each name appears, changes and
//! disappears by one rename. What another made under such a name stays as it is. It must not
//! decide what a name means: the shim does that.

mod ensure;
mod expected;
mod proof;

pub use ensure::{Stale, ensure, establish, names, remove, remove_installation, stale};
pub use expected::{ExpectedLinks, alias_of, wanted};
