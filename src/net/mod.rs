//! Downloads over http(s):// and file://, with retries, resumption and a cache.
//!
//! Two kinds of failure are kept apart. A place that is *unavailable* (no DNS, refused, 404, 503
//! after all retries) is [`FetchError::Unavailable`]: another place may have the bytes. Bytes that
//! *arrived and are wrong* are [`FetchError::Wrong`]: no other place is tried.

mod client;
mod client_builder;
mod connection;
mod download;
mod fetch;
mod gate;
mod headers;
mod hosts;
mod netrc;
mod netrc_file;
mod open;
mod pace;
mod part;
mod pending_request;
mod proxy;
mod race;
mod read_part;
mod reason;
mod refresh;
mod resolver;
mod response;
mod retry;
mod stages;
mod time_limits;
mod tls_reason;
mod trust;
mod url;
mod verified_stream;

pub use client::Net;
pub use connection::{Connection, Verify};
pub use download::{Download, Fetched};
pub use fetch::fetch;
pub use gate::Trust;
pub use headers::Validators;
pub use netrc::{Login, find as find_login};
pub use pace::Pace;
pub use part::{Part, PartAnswer, PartOfFile};
pub use reason::{Reason, summary};
pub use refresh::Refreshed;
pub use response::Opened;
pub use time_limits::Patience;

use crate::error::{Failure, IoFailure, Kind};
use crate::net::response::OpenError;
use crate::policy::Forbidden;

/// Why a download failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No URL has the file now.
    #[error("{}", summary(.0))]
    Unavailable(Vec<Reason>),
    /// The received bytes are not the expected ones.
    #[error("{url}: {reason}")]
    Wrong {
        /// The URL that they came from.
        url: String,
        /// What was compared.
        reason: String,
    },
    /// The file kept from an earlier run was damaged. It was removed; the caller should try again.
    #[error("a download kept from an earlier run was damaged")]
    Stale,
    /// Variables or files about connections are invalid, so no URL was tried.
    #[error("{0}")]
    Settings(String),
    /// This machine's policy forbids the host.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The received bytes cannot be written.
    #[error(transparent)]
    Disk(#[from] IoFailure),
    /// The user pressed Ctrl-C.
    #[error("interrupted; nothing was changed")]
    Interrupted,
}

impl FetchError {
    /// Sums up the failures of all URLs.
    fn of_all(lost: Vec<(usize, OpenError)>) -> Self {
        let mut reasons: Vec<Reason> = Vec::new();
        for (_, error) in lost {
            match error.into() {
                Self::Unavailable(found) => {
                    for reason in found {
                        if !reasons.contains(&reason) {
                            reasons.push(reason);
                        }
                    }
                }
                other => return other,
            }
        }
        Self::Unavailable(reasons)
    }
}

impl From<OpenError> for FetchError {
    fn from(error: OpenError) -> Self {
        let unavailable = |reason: Reason| Self::Unavailable(vec![reason]);
        match error {
            OpenError::Settings(reason) => Self::Settings(reason),
            OpenError::Forbidden(error) => Self::Forbidden(error),
            OpenError::Interrupted => Self::Interrupted,
            OpenError::Final(text) | OpenError::NoRange(text) => unavailable(Reason::of_file(text)),
            OpenError::Refused { text, cause, .. } => unavailable(Reason::of_file_for(text, cause)),
            OpenError::Passing(passing) => unavailable(Reason::of_file(passing.reason)),
            OpenError::Unreachable(error) => unavailable(error.into_reason(false)),
            OpenError::Slow(error) => unavailable(error.into_reason(true)),
        }
    }
}

/// ` (through the proxy p.example:3128)`
fn proxy_note(proxy: Option<String>) -> String {
    proxy.map_or_else(String::new, |proxy| format!(" (through the proxy {proxy})"))
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let message = error.to_string();
        match error {
            FetchError::Unavailable(_) => Self::new(Kind::Network, message),
            FetchError::Wrong { url, .. } => {
                let hint = match url.starts_with("file:") {
                    true => {
                        "nothing was installed; the file is damaged, or the digest belongs to another file"
                    }
                    false => "nothing was installed; a mirror or proxy changed the file",
                };
                Self::new(Kind::Integrity, message).hint(hint)
            }
            FetchError::Settings(_) => Self::new(Kind::Usage, message)
                .hint("correct it, or unset it; --offline opens no connection"),
            FetchError::Forbidden(error) => error.into(),
            FetchError::Stale => Self::new(Kind::Integrity, message),
            FetchError::Disk(error) => error.into(),
            FetchError::Interrupted => Self::new(Kind::Interrupted, message),
        }
    }
}
