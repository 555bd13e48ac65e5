//! Locked builds in one file: writes it, verifies it, installs from it.

pub(crate) mod create;
mod file;
pub(crate) mod install;
