//! Parts of files: which bytes are requested, and which answers are these bytes.

use crate::net::headers::ContentRange;
use bytes::Bytes;

/// The bytes of a file that are requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All bytes from this one on; a server without ranges may send the whole file.
    From(u64),
    /// The bytes from `first` to the one before `end`.
    Between {
        /// The first byte.
        first: u64,
        /// The byte after the last one.
        end: u64,
    },
    /// This many bytes at the end, or the whole file if it is shorter.
    Last(u64),
}

/// Bytes of a file.
#[derive(Debug, Clone)]
pub struct PartOfFile {
    /// The position of the first byte.
    pub first: u64,
    /// The bytes.
    pub bytes: Bytes,
    /// The size of the whole file, if the server sends it.
    pub total: Option<u64>,
    /// `ETag` or `Last-Modified`, for the next request of the same file.
    pub validator: Option<String>,
}

/// The answer to a request for a part. A server may ignore a range, or answer with other bytes than
/// it announces; the caller then reads the whole file.
#[derive(Debug, Clone)]
pub enum PartAnswer {
    /// The bytes.
    Part(PartOfFile),
    /// The server sends only whole files, or the file is another one than before: why.
    WholeOnly(String),
}

impl Part {
    /// The value of the header `Range`; `None` for the whole file.
    pub(super) fn header(self) -> Option<String> {
        match self {
            Self::From(0) => None,
            Self::From(first) => Some(format!("bytes={first}-")),
            Self::Between { first, end } => Some(format!("bytes={first}-{}", end.max(1) - 1)),
            Self::Last(count) => Some(format!("bytes=-{count}")),
        }
    }

    /// Whether it can be the first request for a file.
    pub(super) fn is_first(self) -> bool {
        matches!(self, Self::From(0) | Self::Last(_))
    }

    /// Whether a server's answer is this part.
    pub(super) fn is_answered_by(self, range: &ContentRange) -> bool {
        match (self, range.total) {
            (Self::From(first), _) => range.first == first,
            (Self::Between { first, end }, None) => range.first == first && range.end == end,
            (Self::Between { first, end }, Some(total)) => {
                range.first == first && range.end == end.min(total)
            }
            (Self::Last(count), Some(total)) => {
                range.first == total.saturating_sub(count) && range.end == total
            }
            (Self::Last(_), None) => false,
        }
    }

    /// The positions in a file of this size.
    pub(super) fn within(self, size: u64) -> (u64, u64) {
        match self {
            Self::From(first) => (first, size),
            Self::Between { first, end } => (first, end.min(size)),
            Self::Last(count) => (size.saturating_sub(count), size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_be_the_requested_part() {
        let range = |first, end, total| ContentRange { first, end, total };
        let between = Part::Between { first: 5, end: 10 };
        for (part, answer, is_it) in [
            (Part::From(5), range(5, 7, None), true),
            (Part::From(5), range(6, 7, None), false),
            (between, range(5, 10, Some(20)), true),
            (between, range(5, 10, None), true),
            (between, range(5, 8, Some(8)), true),
            (between, range(5, 9, Some(20)), false),
            (between, range(4, 10, Some(20)), false),
            (Part::Last(4), range(6, 10, Some(10)), true),
            (Part::Last(40), range(0, 10, Some(10)), true),
            (Part::Last(4), range(5, 10, Some(10)), false),
            (Part::Last(4), range(6, 10, None), false),
        ] {
            assert_eq!(part.is_answered_by(&answer), is_it, "{part:?} {answer:?}");
        }
        assert_eq!(between.header().as_deref(), Some("bytes=5-9"));
        assert_eq!(Part::Last(7).header().as_deref(), Some("bytes=-7"));
        assert_eq!(Part::From(0).header(), None);
    }
}
