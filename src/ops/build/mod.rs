//! Builds from source, with options that a request cannot express.

pub(crate) mod environment;
pub(crate) mod options;
pub(crate) mod rebuild;
pub(crate) mod source;
pub(crate) mod target;
