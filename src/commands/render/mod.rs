//! How results are shown: plans, installations, locks, the sources' answers.

pub(super) mod activate;
pub(super) mod explain;
pub(super) mod lock;
pub(super) mod plan;
