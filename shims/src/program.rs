//! The compiled shim that `build.rs` produces.

/// The bytes of the shim for this target; empty if it could not be built, in which case ftpy
/// itself is installed under the shims' names.
pub const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shim"));
