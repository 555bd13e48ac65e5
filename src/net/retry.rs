//! When to retry, and how long to wait before. No clock and no network in here.

use std::time::{Duration, SystemTime};

/// The number of failures in a row, without progress, after which a URL is given up.
pub(super) const TRIES: u32 = 4;
/// The first pause; each following one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest `Retry-After` that is respected. A longer one counts as a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What to do after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Retry after this pause.
    After(Duration),
    /// Do not retry.
    GiveUp,
}

/// Returns whether a status may be temporary: too many requests, or a server error.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// Returns what to do after `failures` in a row (1 for the first). `retry_after` comes from the
/// server; `jitter` is a number from 0 to 1 that spreads the retries of many clients.
pub(super) fn next(failures: u32, retry_after: Option<Duration>, jitter: f64) -> Next {
    if failures >= TRIES {
        return Next::GiveUp;
    }
    let pause = FIRST_PAUSE * 2_u32.pow(failures.saturating_sub(1));
    let pause = pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
    match retry_after {
        Some(asked) if asked > LONGEST_PAUSE => Next::GiveUp,
        Some(asked) => Next::After(asked.max(pause)),
        None => Next::After(pause),
    }
}

/// Parses `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value.trim()).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pause = |failures, jitter| match next(failures, None, jitter) {
            Next::After(pause) => pause.as_millis(),
            Next::GiveUp => u128::MAX,
        };
        assert_eq!([pause(1, 0.0), pause(1, 1.0)], [125, 250]);
        assert_eq!([pause(3, 0.0), pause(3, 1.0)], [500, 1000]);
        assert_eq!(pause(4, 0.0), u128::MAX);
    }

    #[test]
    fn the_servers_wish_is_heeded_within_reason() {
        let seconds = Duration::from_secs;
        assert_eq!(next(1, Some(seconds(7)), 0.0), Next::After(seconds(7)));
        assert_eq!(next(1, Some(seconds(3600)), 0.0), Next::GiveUp);
        let now = SystemTime::UNIX_EPOCH + seconds(784_111_777);
        assert_eq!(retry_after("5", now), Some(seconds(5)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now),
            Some(seconds(10))
        );
        assert_eq!(retry_after("soon", now), None);
    }
}
