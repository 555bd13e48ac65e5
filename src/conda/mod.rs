//! conda, beyond the choice of packages: the machine's channels, what they have, and one
//! package's way into a prefix. On the rattler crates; nothing else here knows them but
//! [`provider::Conda`](crate::provider::Conda).
//!
//! ```text
//! .condarc, names -> places            pure
//! places -> repodata                   I/O; sharded, .zst or .json, cached, offline from there
//! archive -> unpacked package          streamed; shared by all prefixes that it is in
//! packages -> a prefix in the stage    linked, the placeholders rewritten to the final prefix
//! ```

mod bounded;
mod channels;
mod condarc;
mod info;
mod link;
mod machine;
mod package;
mod passage;
mod placed;
mod repodata;
mod shield;
mod zip;

pub use channels::{Place, places};
pub use condarc::Condarc;
pub use link::{Expected, LinkError, Linked, Script, link, too_long};
pub use machine::{Machine, virtual_packages};
pub use package::{Contents, Unreadable, Why, extract, extract_whole};
pub use repodata::{Scope, repodata};
