//! Parses HTTP headers.

use reqwest::header::{ETAG, HeaderMap, LAST_MODIFIED};

/// Returns a strong validator, as `If-Range` requires (RFC 9110, 13.1.5).
pub(super) fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let strong = text(ETAG).filter(|etag| !etag.starts_with("W/"));
    strong.or(text(LAST_MODIFIED)).map(str::to_owned)
}

/// Returns the first byte and the total length, from `bytes 5-9/10`.
pub(super) fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let first = range.split('-').next()?.parse().ok()?;
    Some((first, total.parse().ok()))
}

/// Returns the total length, from the `bytes */10` of a 416.
pub(super) fn whole_of(value: &str) -> Option<u64> {
    value.strip_prefix("bytes */")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("lines 5-9/10"), None);
        assert_eq!(whole_of("bytes */10"), Some(10));
        assert_eq!(whole_of("bytes 5-9/10"), None);
    }
}
