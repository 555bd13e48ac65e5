//! The archive format of wheels: zip. Pure: bytes in, members out.
//!
//! A wheel is read in pieces: the [`Directory`] from its last bytes, then the members that are
//! needed. No zip crate does this over ranges that are fetched asynchronously, and most accept what
//! installers read differently, such as duplicate names and overlapping members, which are refused
//! here.

mod directory;
mod error;
mod limits;
mod member;
mod record;

pub use directory::{Directory, EndOfArchive, TAIL};
pub use error::ArchiveError;
pub use limits::Limits;
pub use member::{Member, Method};
pub use record::Record;
