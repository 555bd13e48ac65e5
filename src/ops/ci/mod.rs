//! The use cases of `ftpy ci`: requests, installations, caches, and the files of a CI system.

pub(crate) mod cache_contents;
pub(crate) mod env_files;
pub(crate) mod fingerprint;
pub(crate) mod install;
pub(crate) mod order;
pub(crate) mod requests;
