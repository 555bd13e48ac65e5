//! Builds from source, with what a request alone cannot say.

pub(crate) mod options;
pub(crate) mod rebuild;
pub(crate) mod source;
