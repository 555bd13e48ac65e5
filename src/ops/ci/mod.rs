//! The use cases of `ftpy ci`: requests, installations, caches, matrices, and the files of a CI
//! system.

pub(crate) mod cache_contents;
pub(crate) mod env_files;
pub(crate) mod fingerprint;
mod gil;
pub(crate) mod install;
pub(crate) mod matrix;
pub(crate) mod order;
pub(crate) mod packages;
pub(crate) mod request_file;
pub(crate) mod requests;
pub(crate) mod setup;
pub(crate) mod stopped;
