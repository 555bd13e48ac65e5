//! The pace of long runs: how many requests each host gets a second, and how long a busy host is
//! left alone. Other commands send a few requests and have no pace.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest `Retry-After` that is waited for. A longer one counts as a failure.
const LONGEST_HOLD: Duration = Duration::from_secs(15 * 60);
/// How often a busy host is waited for, for one file.
const HOLDS: u32 = 6;

/// The pace of the requests of one run, and how many there were.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    hosts: Mutex<HashMap<String, Host>>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// What is known of a host.
#[derive(Debug, Default, Clone, Copy)]
struct Host {
    /// When the next request may start.
    next: Option<Instant>,
    /// Until when it is left alone.
    until: Option<Instant>,
}

impl Pace {
    /// At most this many requests a second to each host.
    #[must_use]
    pub fn per_second(requests: NonZeroU32) -> Self {
        Self {
            interval: Duration::from_secs(1) / requests.get(),
            hosts: Mutex::default(),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The number of bytes received so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes the next place of a request to a host: when it may start.
    pub(super) fn place(&self, host: &str, now: Instant) -> Instant {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hosts.entry(host.to_owned()).or_default();
        let start = [known.next, known.until].into_iter().flatten();
        let start = start.fold(now, Instant::max);
        known.next = Some(start + self.interval);
        start
    }

    /// Leaves a busy host alone; `false` if it should be given up. `failures` counts from 1.
    pub(super) fn hold(
        &self,
        host: &str,
        failures: u32,
        retry_after: Option<Duration>,
        now: Instant,
    ) -> bool {
        let pause = retry_after.unwrap_or_else(|| Duration::from_secs(1 << failures.min(HOLDS)));
        if failures > HOLDS || pause > LONGEST_HOLD {
            return false;
        }
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hosts.entry(host.to_owned()).or_default();
        known.until = known.until.max(Some(now + pause));
        true
    }

    /// Until when a host is left alone.
    pub(super) fn held_until(&self, host: &str) -> Option<Instant> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(host)?.until
    }

    pub(super) fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_to_a_host_keep_their_distance_and_a_busy_host_is_left_alone() {
        let pace = Pace::per_second(NonZeroU32::new(4).expect("not zero"));
        let now = Instant::now();
        let after = |host: &str| pace.place(host, now).duration_since(now).as_millis();
        assert_eq!(
            [after("a"), after("a"), after("b"), after("a")],
            [0, 250, 0, 500]
        );
        let seconds = Duration::from_secs;
        assert!(pace.hold("a", 1, Some(seconds(60)), now));
        assert_eq!([after("a"), after("b")], [60_000, 250]);
        assert!(!pace.hold("b", 1, Some(seconds(3600)), now));
        assert!(pace.hold("b", HOLDS, None, now) && !pace.hold("b", HOLDS + 1, None, now));
    }
}
