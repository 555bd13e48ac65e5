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
use std::time::Instant;

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
            self.keep_pace(url).await?;
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
            self.count_bytes(chunk.len());
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
        if let Some(pace) = self.pace.as_ref().filter(|_| passing.is_busy())
            && pace.hold(&host, failures, passing.retry_after, Instant::now())
        {
            return Ok(());
        }
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

    /// Waits until a request to the host of a URL fits the pace, if there is one.
    pub(super) async fn keep_pace(&self, url: &SecretUrl) -> Result<(), FetchError> {
        let (Some(pace), Ok(at)) = (&self.pace, Url::parse(url.expose())) else {
            return Ok(());
        };
        if self.is_offline() || url.is_file() {
            return Ok(());
        }
        let host = host(&at);
        loop {
            let start = pace.place(&host, Instant::now());
            tokio::select! {
                () = tokio::time::sleep_until(start.into()) => {}
                () = self.cancel().cancelled() => return Err(FetchError::Interrupted),
            }
            // The host may have become busy meanwhile.
            if pace
                .held_until(&host)
                .is_none_or(|until| until <= Instant::now())
            {
                pace.add_request();
                return Ok(());
            }
        }
    }

    /// Counts bytes that were received.
    pub(super) fn count_bytes(&self, bytes: usize) {
        if let Some(pace) = &self.pace {
            pace.add_bytes(bytes);
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
