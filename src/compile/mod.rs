//! Turns an unpacked source tree into an installed one in a stage: checks the requirements of a
//! build, runs configure, make and make install, and finds the first real error in a log.

pub mod arguments;
mod build;
mod build_dir;
pub mod checkout;
mod compiler;
mod error;
mod failure;
mod flavour_toolchain;
mod preflight;
mod requirements;
pub mod source_tree;
mod timings;

pub use build::{Build, Job};
pub use build_dir::{BuildDir, Ended};
pub use compiler::Compiler;
pub use preflight::{PreflightInput, missing_failure, preflight};
pub use requirements::{Machine, Missing, Preflight};
pub use timings::BuildTimings;
