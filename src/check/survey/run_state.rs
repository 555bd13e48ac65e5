//! The state of a run of a survey: `run.json`. The same command continues a run that was killed, and
//! its requests, bytes and seconds are counted from that command's start.

use serde::{Deserialize, Serialize};

/// The state of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// When it began: `2026-11-29T14:26:17.123456Z`.
    pub began: String,
    /// When it ended; `None` while packages are left.
    pub finished: Option<String>,
    /// The X-ray that judges.
    pub engine: String,
    /// What is checked for: `3.14t-linux-x86_64`.
    pub targets: Vec<String>,
    /// The part of the list: `1/8`.
    pub shard: Option<String>,
    /// The packages of this part of the list.
    pub packages: usize,
    /// How many requests were sent since the command was started.
    pub requests: u64,
    /// How many bytes were received since then.
    pub bytes: u64,
    /// How many seconds it took since then.
    pub seconds: u64,
}

impl RunState {
    /// Whether this run has the same settings as another one, so that it can continue it.
    #[must_use]
    pub fn continues(&self, other: &Self) -> bool {
        other.finished.is_none() && self.has_settings_of(other)
    }

    /// Whether verdicts of another run are still valid.
    #[must_use]
    pub fn has_settings_of(&self, other: &Self) -> bool {
        (&self.engine, &self.targets, &self.shard) == (&other.engine, &other.targets, &other.shard)
    }
}
