//! Whether a flavour took. A sanitizer that finds nothing looks the same as a program without
//! errors, so each is shown one that is there.

mod canary;
mod flavour_check;

pub use flavour_check::{FlavourCheckError, prove};
