//! A request on its way, through its redirects. It goes on by itself while others are asked, and
//! is stopped when it is dropped.

use crate::net::gate::{NotSent, Trust};
use crate::net::stages::Progress;
use crate::secret_url::SecretUrl;
use reqwest::{Response, Url};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What is asked for: this URL, believed for this reason, from this byte on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedUrl {
    /// Where it is.
    pub(super) url: SecretUrl,
    /// Why its bytes can be believed.
    pub(super) trust: Trust,
    /// The first byte.
    pub(super) offset: u64,
}

/// A request that was sent, or is being sent.
#[derive(Debug)]
pub(super) struct Opening {
    /// What for.
    pub(super) asked: AskedUrl,
    /// The URL as the HTTP client reads it.
    pub(super) at: Url,
    /// Of whom.
    pub(super) host: String,
    /// Since when.
    pub(super) started: Instant,
    progress: Arc<Progress>,
    sending: JoinHandle<Result<Response, NotSent>>,
}

impl Opening {
    /// Begins to send.
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

    /// Whether its connection is still being made.
    pub(super) fn is_connecting(&self) -> bool {
        self.progress.is_connecting()
    }

    /// The answer, if it is there.
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
