//! How long to wait for a URL, depending on the alternatives.

use crate::net::client_builder::LONGEST;
use std::time::Duration;

/// While another source can be tried immediately.
const BRIEF: Duration = Duration::from_millis(1800);
/// The same through a proxy, which may inspect the contents.
const BRIEF_BEHIND_PROXY: Duration = Duration::from_secs(5);
/// While there is a slower alternative. A resolver needs 5 s to skip a dead nameserver.
const PATIENT: Duration = Duration::from_secs(12);
/// If there is no alternative.
const LAST: Duration = Duration::from_secs(20);
/// Through a proxy, if nothing else can be tried immediately.
const LAST_BEHIND_PROXY: Duration = LONGEST;

tokio::task_local! {
    static PATIENCE: Patience;
}

/// How long to wait for a connection. It is inherited by the task's calls, like a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// Another source can be tried immediately.
    Brief,
    /// There is a worse alternative.
    Patient,
    /// Without an answer, the command fails.
    #[default]
    Last,
}

impl Patience {
    /// Runs work with this patience.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        PATIENCE.scope(self, work).await
    }

    /// Returns the patience of the current task.
    pub(super) fn now() -> Self {
        PATIENCE.try_with(|patience| *patience).unwrap_or_default()
    }

    pub(super) fn limit(self, is_behind_proxy: bool) -> Duration {
        match (self, is_behind_proxy) {
            (Self::Brief, false) => BRIEF,
            (Self::Brief, true) => BRIEF_BEHIND_PROXY,
            (Self::Patient, false) => PATIENT,
            (Self::Last, false) => LAST,
            (Self::Patient | Self::Last, true) => LAST_BEHIND_PROXY,
        }
    }
}
