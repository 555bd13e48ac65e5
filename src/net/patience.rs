//! How long a place may take, by what else there is to be tried.

use crate::net::client_builder::LONGEST;
use std::time::Duration;

/// How long a place may take while another source can be tried at once.
const BRIEF: Duration = Duration::from_millis(1800);
/// The same through a proxy, which may look into what it passes on.
const BRIEF_BEHIND_PROXY: Duration = Duration::from_secs(5);
/// How long before something slower is done instead. A resolver needs 5 s to pass over one dead
/// nameserver.
const PATIENT: Duration = Duration::from_secs(12);
/// How long where nothing else is left.
const LAST: Duration = Duration::from_secs(20);
/// How long behind a proxy, where nothing can be tried at once.
const LAST_BEHIND_PROXY: Duration = LONGEST;

tokio::task_local! {
    static PATIENCE: Patience;
}

/// How long a place may take to be connected to. It goes with the task, as a deadline would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// Another source can be tried at once.
    Brief,
    /// There is something else, which is worse.
    Patient,
    /// Without an answer, the command fails.
    #[default]
    Last,
}

impl Patience {
    /// Does work with this patience.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        PATIENCE.scope(self, work).await
    }

    /// Of the task at hand.
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
