//! Installs builds: what is there already, what has to be made, and in which order sources are tried.

pub(crate) mod existing;
pub(crate) mod fallback;
pub(crate) mod local_archive;
pub(crate) mod locked;
pub(crate) mod missing;
pub(crate) mod pipeline;
pub(crate) mod twin;
