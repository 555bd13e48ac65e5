//! Installs builds. [`pipeline`] is the only entry point; the other files are its steps.

pub(crate) mod carry_out;
pub(crate) mod existing;
pub(crate) mod fallback;
pub(crate) mod image;
pub(crate) mod local_archive;
pub(crate) mod locked;
pub(crate) mod missing;
mod nearest;
pub(crate) mod next_step;
pub(crate) mod pipeline;
pub(crate) mod requested;
pub(crate) mod resolve;
pub(crate) mod result;
pub(crate) mod target;
pub(crate) mod twin;
pub(crate) mod unnamed;
