//! Wheels: their names and tags, and which one an installer would take.
//!
//! Source: the binary distribution format and the platform compatibility tags of PyPA.

mod archive;
mod name;
mod target;

pub use archive::{ArchiveError, Directory, EndOfArchive, Limits, Member, Method, Record, TAIL};
pub use name::WheelName;
pub use target::{Arch, WheelPlatform, WheelTarget};
