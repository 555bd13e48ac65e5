//! Checks whether a build has its flavours. A sanitizer that does not work looks the same as a
//! program without errors, so each must report a seeded error.

mod canary;
mod flavour_check;

pub use flavour_check::{FlavourCheckError, prove};
