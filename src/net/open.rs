//! Opens one URL or several alternatives, reads small files, and pauses between attempts.

use crate::net::client::Net;
use crate::net::gate::Trust;
use crate::net::headers::Condition;
use crate::net::part::Part;
use crate::net::race::RaceGoal;
use crate::net::response::{OpenError, Opened, Passing};
use crate::net::url::host;
use crate::net::{FetchError, Reason, retry};
use crate::secret_url::SecretUrl;
use reqwest::Url;

impl Net {
    /// Returns the index of the first of these URLs, which have the same contents, that answers.
    ///
    /// # Errors
    /// Returns the reason of each URL.
    pub async fn reach(&self, urls: &[&SecretUrl]) -> Result<usize, FetchError> {
        let raced = self
            .race(
                urls,
                Trust::FromTransport,
                (Part::From(0), Condition::Always),
                RaceGoal::AnyAnswer,
            )
            .await?;
        if self.cancel().is_cancelled() {
            return Err(FetchError::Interrupted);
        }
        match raced.won {
            Some((index, _)) => Ok(index),
            None => Err(FetchError::of_all(raced.lost)),
        }
    }

    /// Reads a small file, such as an index.
    ///
    /// # Errors
    /// Returns an error if it is unavailable, or larger than `limit` bytes.
    pub async fn read(
        &self,
        url: &SecretUrl,
        trust: Trust,
        limit: u64,
    ) -> Result<Vec<u8>, FetchError> {
        let mut failures = 0;
        loop {
            let error = match self.read_once(url, trust, limit).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            failures += 1;
            self.pause_or_fail(url, error, failures).await?;
        }
    }

    async fn read_once(
        &self,
        url: &SecretUrl,
        trust: Trust,
        limit: u64,
    ) -> Result<Vec<u8>, OpenError> {
        let mut opened = self
            .open(url, trust, (Part::From(0), Condition::Always))
            .await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = opened.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > limit {
                return Err(OpenError::Final(format!(
                    "{url} is larger than {limit} bytes"
                )));
            }
        }
        Ok(bytes)
    }

    /// Waits before the next attempt, or fails after the last one.
    pub(super) async fn pause_or_fail(
        &self,
        url: &SecretUrl,
        error: OpenError,
        failures: u32,
    ) -> Result<(), FetchError> {
        if self.cancel().is_cancelled() {
            return Err(FetchError::Interrupted);
        }
        let passing = match error {
            OpenError::Passing(passing) => passing,
            other => return Err(other.into()),
        };
        let host = Url::parse(url.expose()).map_or_else(|_| String::new(), |url| host(&url));
        // It was also busy for another file.
        let is_enough = passing.is_busy() && self.hosts.is_suspect(&host);
        let next = match is_enough {
            true => retry::Next::GiveUp,
            false => retry::next(failures, passing.retry_after, fastrand::f64()),
        };
        match next {
            retry::Next::GiveUp => {
                let Passing { reason, status, .. } = &passing;
                if let (true, Some(status)) = (passing.is_busy(), status) {
                    self.hosts
                        .was_busy(&host, *status, reason, passing.retry_after);
                }
                let tries = if failures == 1 {
                    "once"
                } else {
                    "several times"
                };
                let text = format!("{url}: {reason} (tried {tries})");
                let reason = Reason::of_file_for(text, reason.clone());
                Err(FetchError::Unavailable(vec![reason]))
            }
            retry::Next::After(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => Ok(()),
                () = self.cancel().cancelled() => Err(FetchError::Interrupted),
            },
        }
    }

    /// Opens part of a URL, under a condition; `trust` says why its bytes
    /// can be trusted. A server without support for ranges starts at 0: see [`Opened::offset`].
    pub(super) async fn open(
        &self,
        url: &SecretUrl,
        trust: Trust,
        from: (Part, Condition<'_>),
    ) -> Result<Opened, OpenError> {
        let mut raced = self.race(&[url], trust, from, RaceGoal::Body).await?;
        match (raced.won, raced.lost.pop()) {
            (Some((_, answer)), _) => answer,
            (None, Some((_, error))) => Err(error),
            (None, None) => unreachable!("one place was asked"),
        }
    }
}
