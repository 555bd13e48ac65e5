//! A running request, through its redirects. It continues while other URLs are tried, and stops
//! when it is dropped.

use crate::net::gate::{NotSent, Trust};
use crate::net::headers::Validators;
use crate::net::part::Part;
use crate::net::stages::Progress;
use crate::secret_url::SecretUrl;
use reqwest::{Response, Url};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What to request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedUrl {
    /// The URL.
    pub(super) url: SecretUrl,
    /// Why its bytes can be trusted.
    pub(super) trust: Trust,
    /// The bytes of it.
    pub(super) part: Part,
    /// The state of the file that is not wanted.
    pub(super) unless: Option<Validators>,
}

/// A running request.
#[derive(Debug)]
pub(super) struct Opening {
    /// What is requested.
    pub(super) asked: AskedUrl,
    /// The URL as parsed by the HTTP client.
    pub(super) at: Url,
    /// The host.
    pub(super) host: String,
    /// The start.
    pub(super) started: Instant,
    progress: Arc<Progress>,
    sending: JoinHandle<Result<Response, NotSent>>,
}

impl Opening {
    /// Starts the request.
    pub(super) fn begin(
        asked: AskedUrl,
        at: Url,
        host: String,
        sending: impl Future<Output = Result<Response, NotSent>> + Send + 'static,
    ) -> Self {
        let progress = Arc::new(Progress::default());
        let following = Arc::clone(&progress).follow(sending);
        Self {
            asked,
            at,
            host,
            started: Instant::now(),
            progress,
            sending: tokio::spawn(following),
        }
    }

    /// Returns whether the connection is still being established.
    pub(super) fn is_connecting(&self) -> bool {
        self.progress.is_connecting()
    }

    /// Returns the answer if it has arrived.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Response, NotSent>> {
        Pin::new(&mut self.sending)
            .poll(context)
            .map(|sent| sent.expect("sending neither panics nor is stopped before the drop"))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.sending.abort();
    }
}
