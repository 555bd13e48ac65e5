//! An open URL: interprets the status and headers of the answer, and reads its body in chunks.

use crate::host::plain_file;
use crate::net::headers::{Validators, content_range, max_age, validator, whole_of};
use crate::net::part::Part;
use crate::net::reason::HostError;
use crate::net::retry;
use crate::net::tls_reason::tls_reason;
use crate::net::url::host;
use crate::policy::Forbidden;
use crate::secret_url::SecretUrl;
use bytes::Bytes;
use ftpy_core::system_error::without_numbers;
use reqwest::header::RETRY_AFTER;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// An open URL whose body can be read.
#[derive(Debug)]
pub struct Opened {
    body: Body,
    /// The offset of the first byte of the body.
    pub offset: u64,
    /// The byte after the last one of the body; `None` if the body is the whole file.
    pub(super) end: Option<u64>,
    /// The size of the whole file, if the server sends it.
    pub total: Option<u64>,
    /// `ETag` or `Last-Modified`, for `If-Range`.
    pub validator: Option<String>,
    /// What identifies this state of the file.
    pub(super) validators: Validators,
    /// The seconds for which it needs no new request.
    pub(super) max_age: Option<u64>,
    /// Whether it is still in the state that the request did not want; there is no body then.
    pub(super) is_unchanged: bool,
}

#[derive(Debug)]
enum Body {
    /// Everything was already downloaded.
    Nothing,
    Http(reqwest::Response),
    File(std::io::Take<File>),
}

/// Why a URL could not be opened, or its body not be read.
#[derive(Debug, Clone)]
pub(super) enum OpenError {
    /// A temporary failure: retry, perhaps after a pause.
    Passing(Passing),
    /// Ranges do not work: request the whole file.
    NoRange(String),
    /// This URL failed.
    Final(String),
    /// This URL failed for a short cause.
    Refused {
        /// `https://... answered 404 Not Found`
        text: String,
        /// `404 Not Found`
        cause: String,
        /// Whether the file does not exist.
        is_missing: bool,
    },
    /// Settings about connections are invalid, so all URLs would fail.
    Settings(String),
    /// Policy forbids the host.
    Forbidden(Forbidden),
    /// The host is unreachable.
    Unreachable(HostError),
    /// The host has not answered yet.
    Slow(HostError),
    /// The user pressed Ctrl-C.
    Interrupted,
}

/// A temporary failure.
#[derive(Debug, Clone)]
pub(super) struct Passing {
    /// What happened.
    pub(super) reason: String,
    /// The status, if the server answered.
    pub(super) status: Option<u16>,
    /// The server's `Retry-After`.
    pub(super) retry_after: Option<Duration>,
}

impl Passing {
    /// A failed connection.
    pub(super) fn of(reason: String) -> Self {
        Self {
            reason,
            status: None,
            retry_after: None,
        }
    }

    /// An answer with a status that may be temporary, and its `Retry-After`.
    fn of_answer(status: reqwest::StatusCode, retry_after: Option<&str>) -> Self {
        Self {
            reason: format!("answered {status}"),
            status: Some(status.as_u16()),
            retry_after: retry_after.and_then(|wish| retry::retry_after(wish, SystemTime::now())),
        }
    }

    /// Returns whether the server wants fewer requests.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.status, Some(429 | 503))
    }
}

impl OpenError {
    /// Returns whether no other URL should be tried after this.
    pub(super) fn stops_everything(&self) -> bool {
        matches!(
            self,
            Self::Settings(_) | Self::Forbidden(_) | Self::Interrupted
        )
    }

    /// Returns whether a server answered.
    pub(super) fn is_answer(&self) -> bool {
        match self {
            Self::Passing(passing) => passing.status.is_some(),
            Self::Final(_) | Self::Refused { .. } | Self::NoRange(_) => true,
            _ => false,
        }
    }
}

impl Opened {
    /// A body that starts at an offset of the file.
    fn new(body: Body, offset: u64) -> Self {
        Self {
            body,
            offset,
            end: None,
            total: None,
            validator: None,
            validators: Validators::default(),
            max_age: None,
            is_unchanged: false,
        }
    }

    /// Returns the next bytes; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, OpenError> {
        match &mut self.body {
            Body::Nothing => Ok(None),
            Body::Http(response) => {
                let chunk = response.chunk().await;
                chunk.map_err(|error| {
                    let reason = format!("the transfer broke off: {}", cause(&error));
                    OpenError::Passing(Passing::of(reason))
                })
            }
            Body::File(file) => {
                let mut buffer = vec![0; 256 * 1024];
                match file.read(&mut buffer) {
                    Ok(0) => Ok(None),
                    Ok(read) => {
                        buffer.truncate(read);
                        Ok(Some(buffer.into()))
                    }
                    Err(error) => Err(OpenError::Final(format!("it cannot be read: {error}"))),
                }
            }
        }
    }
}

/// Opens a part of a file:// URL.
pub(super) fn open_file(url: &SecretUrl, path: &Path, part: Part) -> Result<Opened, OpenError> {
    let fail = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => OpenError::Refused {
            text: format!("{url} does not exist"),
            cause: "no such file".to_owned(),
            is_missing: true,
        },
        std::io::ErrorKind::InvalidInput => OpenError::Final(format!("{url} is not a file")),
        _ => OpenError::Final(format!("{url} cannot be read: {error}")),
    };
    let mut file = plain_file::open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    let (offset, end) = part.within(metadata.len());
    file.seek(SeekFrom::Start(offset)).map_err(fail)?;
    let (limit, end) = match part {
        // The file may still grow.
        Part::From(_) => (u64::MAX, None),
        _ => (end.saturating_sub(offset), Some(end.max(offset))),
    };
    Ok(Opened {
        end,
        total: Some(metadata.len()),
        ..Opened::new(Body::File(file.take(limit)), offset)
    })
}

/// Checks the status and reads the headers. `is_conditional` says whether a known state of the file
/// was not wanted.
pub(super) fn answered(
    url: &SecretUrl,
    response: reqwest::Response,
    (asked, is_conditional): (Part, bool),
) -> Result<Opened, OpenError> {
    let status = response.status();
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if retry::is_passing(status.as_u16()) {
        return Err(OpenError::Passing(Passing::of_answer(
            status,
            text(RETRY_AFTER),
        )));
    }
    let (offset, end, total) = match status.as_u16() {
        206 => {
            let range = text(reqwest::header::CONTENT_RANGE).and_then(content_range);
            let range = range.filter(|range| asked.is_answered_by(range));
            let range = range.ok_or_else(|| {
                let reason = format!("{url} answered with another part than was asked for");
                match asked {
                    Part::From(0) => OpenError::Final(reason),
                    _ => OpenError::NoRange(reason),
                }
            })?;
            (range.first, Some(range.end), range.total)
        }
        200 => (0, None, response.content_length()),
        416 if asked != Part::From(0) => {
            let total = text(reqwest::header::CONTENT_RANGE).and_then(whole_of);
            let offset = match (asked, total) {
                (Part::From(offset), Some(total)) if offset == total => offset,
                _ => return Err(OpenError::NoRange(format!("{url} answered {status}"))),
            };
            // An earlier run already has all bytes; the digest is checked later.
            return Ok(Opened {
                total,
                ..Opened::new(Body::Nothing, offset)
            });
        }
        304 if is_conditional => {
            return Ok(Opened {
                is_unchanged: true,
                ..Opened::new(Body::Nothing, 0)
            });
        }
        code => {
            return Err(OpenError::Refused {
                text: refusal(url, &response),
                cause: status.to_string(),
                // Object stores answer 403 for files that do not exist.
                is_missing: matches!(code, 403 | 404 | 410 | 501),
            });
        }
    };
    Ok(Opened {
        end,
        total,
        validator: validator(headers),
        validators: Validators::of(headers),
        max_age: max_age(headers),
        ..Opened::new(Body::Http(response), offset)
    })
}

/// The message for an answer without the file.
fn refusal(url: &SecretUrl, response: &reqwest::Response) -> String {
    let status = response.status();
    match status.as_u16() {
        407 => format!(
            "{url}: the proxy requires a name and a password (407): \
             HTTP_PROXY=http://name:password@host:port"
        ),
        401 => {
            let host = host(response.url());
            format!(
                "{url} answered {status}: {host} requires a password; put it into ~/.netrc or \
                 into the URL"
            )
        }
        _ => format!("{url} answered {status}"),
    }
}

/// Returns the innermost cause, because reqwest's own text only says that sending failed.
pub(super) fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() && error.is_connect() {
        return "connection timed out (FTPY_CONNECT_TIMEOUT)".to_owned();
    }
    if error.is_timeout() {
        return "the transfer timed out (FTPY_HTTP_TIMEOUT)".to_owned();
    }
    if let Some(reason) = tls_reason(error) {
        return reason;
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = without_numbers(cause.to_string());
    if text.contains("proxy authorization required") {
        return "the proxy requires a name and a password (407)".to_owned();
    }
    match text.strip_prefix("failed to lookup address information: ") {
        Some(rest) => no_dns(rest),
        None => text.to_lowercase(),
    }
}

/// Shortens a resolver's error if it only means that the name does not exist.
fn no_dns(words: &str) -> String {
    // In the words of glibc, macOS and musl.
    match words {
        "Name or service not known"
        | "nodename nor servname provided, or not known"
        | "Name does not resolve" => "no DNS".to_owned(),
        _ => format!("no DNS ({})", words.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::no_dns;

    #[test]
    fn a_missing_name_is_said_alike_with_each_libc() {
        assert_eq!(no_dns("Name or service not known"), "no DNS");
        assert_eq!(no_dns("Name does not resolve"), "no DNS");
        assert_eq!(no_dns("Try again"), "no DNS (try again)");
    }
}
