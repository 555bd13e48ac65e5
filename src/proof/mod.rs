//! Whether a flavour took. A sanitizer that finds nothing looks the same as a program without
//! errors, so each is shown one that is there.

mod canary;
mod took;

pub use took::{Unproved, prove};
