//! The compiled shim, as `build.rs` left it: see there for how it is made and what happens
//! where it cannot be.

/// The bytes of the shim for this target; empty where none could be built, and then ftpy
/// stands in for it.
pub const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shim"));
