//! The state of the hosts in this run: which answer, which are slow, which are unreachable, and
//! which want fewer requests. No host is waited for twice.

use crate::net::reason::HostError;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// All hosts that were contacted.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Host>>);

#[derive(Debug, Default)]
struct Host {
    reach: Reach,
    busy: Option<Busy>,
}

/// The reachability of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// It was not contacted yet.
    #[default]
    Unknown,
    /// It answered.
    Answers,
    /// It did not answer within the brief time, but still may.
    Slow(HostError),
    /// It is unreachable in this run.
    Unreachable(HostError),
}

/// A host that answered 429 or 503 to every attempt for a file.
#[derive(Debug, Clone)]
struct Busy {
    error: HostError,
    /// The end of its `Retry-After`, if it sent one.
    until: Option<Instant>,
    /// Whether it is no longer used: it was busy for two files, or answered 429.
    is_closed: bool,
}

impl Hosts {
    /// Returns the reachability of a host, as far as known.
    pub(super) fn reach(&self, host: &str) -> Reach {
        self.lock()
            .get(host)
            .map_or(Reach::Unknown, |known| known.reach.clone())
    }

    /// Records the reachability of a host.
    pub(super) fn set_reach(&self, host: &str, reach: Reach) {
        self.lock().entry(host.to_owned()).or_default().reach = reach;
    }

    /// Records that a host delivered a file.
    pub(super) fn is_well(&self, host: &str) {
        let well = Host {
            reach: Reach::Answers,
            busy: None,
        };
        self.lock().insert(host.to_owned(), well);
    }

    /// The hosts that may still answer.
    pub(super) fn slow(&self) -> Vec<String> {
        let hosts = self.lock();
        let slow = hosts
            .iter()
            .filter(|(_, known)| matches!(known.reach, Reach::Slow(_)));
        let mut names: Vec<String> = slow.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// Records that a host was busy in all attempts for one file, with this status.
    /// [`closed`](Self::closed) decides whether it is used for others.
    pub(super) fn was_busy(
        &self,
        host: &str,
        status: u16,
        reason: &str,
        retry_after: Option<Duration>,
    ) {
        let mut hosts = self.lock();
        let known = hosts.entry(host.to_owned()).or_default();
        let is_closed = status == 429 || known.busy.is_some();
        known.busy = Some(Busy {
            error: HostError {
                host: host.to_owned(),
                cause: format!("busy, {reason}"),
                text: format!("{host} is busy: {reason}"),
            },
            until: retry_after.and_then(|pause| Instant::now().checked_add(pause)),
            is_closed,
        });
    }

    /// Returns whether a host was busy for another file. It then gets one attempt only.
    pub(super) fn is_suspect(&self, host: &str) -> bool {
        self.lock()
            .get(host)
            .is_some_and(|known| known.busy.is_some())
    }

    /// Returns why a host is currently not used.
    pub(super) fn closed(&self, host: &str) -> Option<HostError> {
        let hosts = self.lock();
        let busy = hosts.get(host)?.busy.as_ref()?;
        let is_early = busy.until.is_some_and(|until| Instant::now() < until);
        let is_over = busy.until.is_some() && !is_early;
        (is_early || (busy.is_closed && !is_over)).then(|| busy.error.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_host_is_asked_once_more_and_then_left_alone() {
        let hosts = Hosts::default();
        assert!(!hosts.is_suspect("h"));
        hosts.was_busy("h", 503, "answered 503", None);
        assert!(hosts.is_suspect("h") && hosts.closed("h").is_none());
        hosts.was_busy("h", 503, "answered 503", None);
        assert_eq!(
            hosts.closed("h").map(|error| error.text).as_deref(),
            Some("h is busy: answered 503")
        );
        hosts.is_well("h");
        assert!(!hosts.is_suspect("h") && hosts.closed("h").is_none());
        hosts.was_busy("h", 429, "it answered 429", None);
        assert!(hosts.closed("h").is_some());
    }

    #[test]
    fn a_busy_host_is_not_asked_before_it_says() {
        let hosts = Hosts::default();
        let long = Some(Duration::from_secs(3600));
        hosts.was_busy("h", 503, "answered 503", long);
        assert!(hosts.closed("h").is_some());
        hosts.was_busy("h", 429, "it answered 429", Some(Duration::ZERO));
        assert!(hosts.closed("h").is_none());
    }
}
