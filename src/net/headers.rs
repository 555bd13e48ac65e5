//! Parses HTTP headers.

use reqwest::header::{ETAG, HeaderMap, LAST_MODIFIED};

/// Returns a strong validator, as `If-Range` requires (RFC 9110, 13.1.5).
pub(super) fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let strong = text(ETAG).filter(|etag| !etag.starts_with("W/"));
    strong.or(text(LAST_MODIFIED)).map(str::to_owned)
}

/// The part of a file in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    /// The first byte.
    pub(super) first: u64,
    /// The byte after the last one.
    pub(super) end: u64,
    /// The size of the whole file, if known.
    pub(super) total: Option<u64>,
}

/// Parses `bytes 5-9/10`.
pub(super) fn content_range(value: &str) -> Option<ContentRange> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let end = last.checked_add(1).filter(|end| *end > first)?;
    let total: Option<u64> = total.parse().ok();
    let is_inside = total.is_none_or(|total| end <= total);
    is_inside.then_some(ContentRange { first, end, total })
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
        let range = |total| ContentRange {
            first: 5,
            end: 10,
            total,
        };
        assert_eq!(content_range("bytes 5-9/10"), Some(range(Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some(range(None)));
        for wrong in ["lines 5-9/10", "bytes 5-9/9", "bytes 5-4/10", "bytes 5/10"] {
            assert_eq!(content_range(wrong), None, "{wrong}");
        }
        let far = "bytes 0-18446744073709551615/*";
        assert_eq!(content_range(far), None);
        assert_eq!(whole_of("bytes */10"), Some(10));
        assert_eq!(whole_of("bytes 5-9/10"), None);
    }
}
