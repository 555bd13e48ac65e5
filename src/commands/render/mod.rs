//! Renders plans, locks, prefixes, explanations and activation commands.

pub(super) mod activate;
pub(super) mod explain;
pub(super) mod lock;
pub(super) mod plan;
pub(super) mod prefix;
pub(super) mod topics;
