//! Parses HTTP headers.

use reqwest::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, DATE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The resolution of times in headers.
const SECOND: Duration = Duration::from_secs(1);

/// What identifies one state of a file that changes at its URL (RFC 9110, 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, which may be weak.
    pub etag: Option<String>,
    /// `Last-Modified`
    pub last_modified: Option<String>,
}

impl Validators {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let time = |name| httpdate::parse_http_date(&text(headers, name)?).ok();
        // A file can change again within the second in which it was read.
        let is_settled = match (time(LAST_MODIFIED), time(DATE)) {
            (Some(modified), Some(date)) => modified + SECOND < date,
            _ => false,
        };
        Self {
            etag: text(headers, ETAG),
            last_modified: text(headers, LAST_MODIFIED).filter(|_| is_settled),
        }
    }
}

/// The condition of a request (RFC 9110, 13.1).
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition<'a> {
    /// None.
    Always,
    /// Only a part, if the file still has this validator, otherwise all of it.
    IfRange(&'a str),
    /// Only if the file no longer has these validators.
    Unless(&'a Validators),
}

impl<'a> Condition<'a> {
    /// The condition of a request for a part.
    pub(super) fn of_part(validator: Option<&'a str>) -> Self {
        validator.map_or(Self::Always, Self::IfRange)
    }

    /// The validators of the state that is not wanted.
    pub(super) fn unless(self) -> Option<Validators> {
        match self {
            Self::Unless(known) if *known != Validators::default() => Some(known.clone()),
            _ => None,
        }
    }

    /// The headers of a request for the file at a path.
    pub(super) fn headers(self, path: &str) -> Vec<(HeaderName, String)> {
        let mut found = Vec::new();
        match self {
            Self::Always => {}
            Self::IfRange(validator) => found.push((IF_RANGE, validator.to_owned())),
            Self::Unless(known) => {
                let Validators {
                    etag,
                    last_modified,
                } = known.clone();
                found.extend(etag.map(|etag| (IF_NONE_MATCH, etag)));
                found.extend(last_modified.map(|time| (IF_MODIFIED_SINCE, time)));
                // The receiver recognises compressed text. Other files are compressed already.
                if path.ends_with(".json") {
                    found.push((ACCEPT_ENCODING, "gzip".to_owned()));
                }
            }
        }
        found
    }
}

/// Returns the seconds for which an answer needs no new request: `max-age` (RFC 9111, 5.2.2.1).
pub(super) fn max_age(headers: &HeaderMap) -> Option<u64> {
    let text = text(headers, CACHE_CONTROL)?.to_ascii_lowercase();
    let mut found = None;
    for directive in text.split(',').map(str::trim) {
        match directive.split_once('=') {
            Some(("max-age", seconds)) => found = seconds.trim_matches('"').parse().ok(),
            _ if directive.starts_with("no-cache") || directive == "no-store" => return None,
            _ => {}
        }
    }
    found
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// Returns a strong validator, as `If-Range` requires (RFC 9110, 13.1.5).
pub(super) fn validator(headers: &HeaderMap) -> Option<String> {
    let strong = text(headers, ETAG).filter(|etag| !etag.starts_with("W/"));
    strong.or_else(|| text(headers, LAST_MODIFIED))
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

    #[test]
    fn the_time_of_a_file_identifies_it_only_if_it_has_passed() {
        for (date, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", false),
            ("Sun, 06 Nov 1994 08:49:38 GMT", false),
            ("Sun, 06 Nov 1994 08:49:39 GMT", true),
            ("soon", false),
        ] {
            let mut headers = HeaderMap::new();
            let modified = "Sun, 06 Nov 1994 08:49:37 GMT";
            headers.insert(LAST_MODIFIED, modified.parse().expect("a value"));
            headers.insert(DATE, date.parse().expect("a value"));
            let found = Validators::of(&headers).last_modified;
            assert_eq!(found.is_some(), expected, "{date}");
        }
    }

    #[test]
    fn an_answer_is_fresh_for_as_long_as_it_says() {
        for (text, expected) in [
            ("max-age=1200", Some(1200)),
            ("public, Max-Age=\"30\"", Some(30)),
            ("no-cache, max-age=30", None),
            ("max-age=30, no-store", None),
            ("max-age=soon", None),
            ("public", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, text.parse().expect("a value"));
            assert_eq!(max_age(&headers), expected, "{text}");
        }
    }
}
