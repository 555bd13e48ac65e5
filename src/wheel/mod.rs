//! Wheels: their names and tags, and which one an installer would take.
//!
//! Source: the binary distribution format and the platform compatibility tags of PyPA.

mod archive;
mod choose;
mod name;
mod platform;
mod tags;
mod target;

pub use archive::{ArchiveError, Directory, EndOfArchive, Limits, Member, Method, Record, TAIL};
pub use choose::{NoWheel, WheelChoice, choose};
pub use name::{NotAWheelName, WheelName, normalized_name};
pub use platform::UnknownPlatform;
pub use tags::WheelTags;
pub use target::{Arch, WheelPlatform, WheelTarget};
