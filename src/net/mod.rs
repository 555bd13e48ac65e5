//! Bytes from elsewhere: http(s):// and file://, with retries, resumption and a cache.
//!
//! Two kinds of failure must not be confused. A source that *cannot be had* (no name, refused,
//! 404, 503 to the end) is [`FetchError::Unavailable`]: somebody else may have the bytes. Bytes
//! that *arrived and are wrong* are [`FetchError::Wrong`]: nobody is asked after that.

mod client;
mod client_builder;
mod connection;
mod download;
mod fetch;
mod flow;
mod gate;
mod headers;
mod hosts;
mod netrc;
mod netrc_file;
mod open;
mod opening;
mod patience;
mod proxy;
mod race;
mod response;
mod retry;
mod stages;
mod trust;
mod url;

pub use client::Net;
pub use connection::{Connection, Verify};
pub use download::{Download, Fetched};
pub use fetch::fetch;
pub use gate::{Gate, Refused, Trust, Way};
pub use netrc::{Login, find as find_login};
pub use patience::Patience;
pub use response::Opened;

use crate::error::{Failure, IoFailure, Kind};
use crate::net::response::OpenError;
use crate::policy::Forbidden;

/// Why bytes could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// They cannot be had from here.
    #[error("{}", join(.0))]
    Unavailable(Vec<Reason>),
    /// They came, and are not the ones.
    #[error("{url} gave wrong bytes: {reason}")]
    Wrong {
        /// Where they came from.
        url: String,
        /// How that is known.
        reason: String,
    },
    /// What was kept from an earlier run is damaged. It is gone now: ask once more.
    #[error("a download kept from an earlier run was damaged")]
    Stale,
    /// Variables or files that say how to connect make no sense: nobody is asked.
    #[error("{0}")]
    Settings(String),
    /// This machine's policy does not let the host be connected to.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// They came and cannot be kept.
    #[error(transparent)]
    Disk(#[from] IoFailure),
    /// The person pressed Ctrl-C.
    #[error("interrupted; nothing was changed")]
    Interrupted,
}

/// Why one place could not serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `example.org cannot be reached: ...`, `https://... answered 404 Not Found`
    pub text: String,
    /// Whether the whole host is out of reach, and not one file.
    pub is_host: bool,
    /// Whether it may still answer: see [`Net::settle`].
    pub is_slow: bool,
}

impl Reason {
    /// One file is not to be had there.
    pub(crate) fn of_file(text: String) -> Self {
        Self {
            text,
            is_host: false,
            is_slow: false,
        }
    }
}

impl FetchError {
    /// Of places of which none has the file.
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
        let unavailable = |text: String, is_host: bool, is_slow: bool| {
            Self::Unavailable(vec![Reason {
                text,
                is_host,
                is_slow,
            }])
        };
        match error {
            OpenError::Settings(reason) => Self::Settings(reason),
            OpenError::Forbidden(error) => Self::Forbidden(error),
            OpenError::Interrupted => Self::Interrupted,
            OpenError::Final(text) | OpenError::NoRange(text) => unavailable(text, false, false),
            OpenError::Passing(passing) => unavailable(passing.reason, false, false),
            OpenError::Unreachable(text) => unavailable(text, true, false),
            OpenError::Slow(text) => unavailable(text, true, true),
        }
    }
}

/// ` (through the proxy p.example:3128)`
fn proxy_note(proxy: Option<String>) -> String {
    proxy.map_or_else(String::new, |proxy| format!(" (through the proxy {proxy})"))
}

fn join(reasons: &[Reason]) -> String {
    let texts: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
    texts.join("; ")
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let message = error.to_string();
        match error {
            FetchError::Unavailable(_) => Self::new(Kind::Network, message),
            FetchError::Wrong { .. } => Self::new(Kind::Integrity, message).hint(
                "nothing was installed; the mirror, or something between it and you, changes files",
            ),
            FetchError::Settings(_) => Self::new(Kind::Usage, message)
                .hint("correct it, or unset it for ftpy; --offline opens no connection"),
            FetchError::Forbidden(error) => error.into(),
            FetchError::Stale => Self::new(Kind::Integrity, message),
            FetchError::Disk(error) => error.into(),
            FetchError::Interrupted => Self::new(Kind::Interrupted, message),
        }
    }
}
