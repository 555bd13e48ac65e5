//! Opening a URL: one HTTP client for the process, and a memory of hosts that do not answer.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::file_url;
use crate::net::gate::{Gate, NotSent, Trust};
use crate::net::opened::{OpenError, Opened, answered, cause, open_file};
use crate::net::setup::Setup;
use crate::net::url::host;
use crate::net::{Connection, FetchError, Reason, retry};
use crate::policy::Policy;
use crate::report::Reporter;
use crate::secret_url::SecretUrl;
use reqwest::Url;
use reqwest::header::{IF_RANGE, RANGE};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Access to the network, for the whole process.
#[derive(Debug)]
pub struct Net {
    client: OnceLock<Result<reqwest::Client, OpenError>>,
    setup: Setup,
    /// `--offline`: only file:// URLs are opened.
    is_offline: bool,
    /// Hosts that could not be reached, and why: nobody waits for the same one twice.
    unreachable: Mutex<HashMap<String, String>>,
    cancel: Cancel,
}

impl Net {
    /// A client that has not connected to anything.
    #[must_use]
    pub fn new(
        env: &Env,
        is_offline: bool,
        policy: Arc<Policy>,
        cancel: Cancel,
        reporter: Arc<Reporter>,
    ) -> Self {
        Self {
            client: OnceLock::new(),
            setup: Setup::new(env, policy, cancel.clone(), reporter),
            is_offline,
            unreachable: Mutex::default(),
            cancel,
        }
    }

    /// A network of its own with the same limits, for a source that has its own connections.
    /// Where `own` lists the places that the person named, only they are sent passwords of netrc.
    #[must_use]
    pub fn with_connection(&self, connection: Connection, own: Option<Vec<SecretUrl>>) -> Self {
        Self {
            client: OnceLock::new(),
            setup: self.setup.with_connection(connection, own),
            is_offline: self.is_offline,
            unreachable: Mutex::default(),
            cancel: self.cancel.clone(),
        }
    }

    /// `--offline`: only file:// URLs are opened.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// The HTTP client, for libraries that bring their own protocol, and the rules that each of
    /// its requests has to pass: it follows no redirects. `--offline` is theirs to heed.
    ///
    /// # Errors
    /// A sentence, where it cannot be set up.
    pub fn http(&self) -> Result<(reqwest::Client, Gate), String> {
        let client = self.client().cloned().map_err(|error| match error {
            OpenError::Settings(reason) | OpenError::Final(reason) => reason,
            OpenError::Unreachable(reason) | OpenError::Passing(reason, _) => reason,
            OpenError::Forbidden(error) => error.to_string(),
        });
        Ok((client?, Gate::new(self.setup.clone())))
    }

    /// Whether the host of a URL answers at all, whatever it answers: nobody waits for it twice.
    ///
    /// # Errors
    /// The one reason.
    pub async fn reach(&self, url: &SecretUrl) -> Result<(), FetchError> {
        match self.open(url, Trust::FromTransport, (0, None)).await {
            Err(OpenError::Unreachable(text)) => Err(FetchError::Unavailable(vec![Reason {
                text,
                is_host: true,
            }])),
            Err(OpenError::Settings(text)) => Err(FetchError::Settings(text)),
            Err(OpenError::Forbidden(error)) => Err(FetchError::Forbidden(error)),
            Ok(_) | Err(_) if self.cancel.is_cancelled() => Err(FetchError::Interrupted),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// What whoever looks after this machine allows.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.setup.policy()
    }

    /// What stops everything.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The whole of a small file: an index.
    ///
    /// # Errors
    /// Where it cannot be had, or is larger than `limit` bytes.
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
        let mut opened = self.open(url, trust, (0, None)).await?;
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

    /// Waits before the next try, or says that there is none.
    pub(super) async fn pause_or_fail(
        &self,
        url: &SecretUrl,
        error: OpenError,
        failures: u32,
    ) -> Result<(), FetchError> {
        if self.cancel.is_cancelled() {
            return Err(FetchError::Interrupted);
        }
        let unavailable = |text: String, is_host: bool| {
            Err(FetchError::Unavailable(vec![Reason { text, is_host }]))
        };
        let (reason, retry_after) = match error {
            OpenError::Settings(reason) => return Err(FetchError::Settings(reason)),
            OpenError::Forbidden(error) => return Err(FetchError::Forbidden(error)),
            OpenError::Final(reason) => return unavailable(reason, false),
            OpenError::Unreachable(reason) => return unavailable(reason, true),
            OpenError::Passing(reason, retry_after) => (reason, retry_after),
        };
        match retry::next(failures, retry_after, fastrand::f64()) {
            retry::Next::GiveUp => {
                let tries = if failures == 1 {
                    "once"
                } else {
                    "several times"
                };
                unavailable(format!("{url}: {reason} (tried {tries})"), false)
            }
            retry::Next::After(pause) => tokio::select! {
                () = tokio::time::sleep(pause) => Ok(()),
                () = self.cancel.cancelled() => Err(FetchError::Interrupted),
            },
        }
    }

    /// Opens a URL at a byte; `trust` says why its bytes can be believed. A server that does not
    /// know ranges starts at 0 nevertheless: see [`Opened::offset`]. The byte comes with the
    /// validator of the earlier answer.
    pub(super) async fn open(
        &self,
        url: &SecretUrl,
        trust: Trust,
        (offset, validator): (u64, Option<&str>),
    ) -> Result<Opened, OpenError> {
        let judged = self.policy().allows_place(url);
        judged.map_err(OpenError::Forbidden)?;
        if let Some(path) = file_url::path_of(url.expose()) {
            return open_file(url, &path.map_err(OpenError::Final)?, offset);
        }
        if let Some(reason) = url.misread() {
            return Err(OpenError::Settings(reason));
        }
        let parsed = Url::parse(url.expose())
            .map_err(|error| OpenError::Final(format!("{url} is not a URL: {error}")))?;
        let host = host(&parsed);
        if self.is_offline {
            let reason = format!("{host} is not asked (--offline)");
            return Err(OpenError::Unreachable(reason));
        }
        if let Some(reason) = self.unreachable().get(&host) {
            return Err(OpenError::Unreachable(reason.clone()));
        }
        let client = self.client()?;
        let request = |url: Url| {
            let mut request = client.get(url);
            if offset > 0 {
                request = request.header(RANGE, format!("bytes={offset}-"));
                if let Some(validator) = validator {
                    request = request.header(IF_RANGE, validator);
                }
            }
            request
        };
        let gate = Gate::new(self.setup.clone());
        let sent = tokio::select! {
            sent = gate.send(parsed, trust, request) => sent,
            () = self.cancel.cancelled() => {
                return Err(OpenError::Final("interrupted".to_owned()));
            }
        };
        match sent {
            Ok(response) => answered(url, response, offset),
            Err(NotSent::Refused(refused)) => Err(refused.into()),
            Err(NotSent::Http(error, at)) => Err(self.not_sent(&at, offset, &error)),
        }
    }

    /// A request that got no answer. Before the first byte an unreachable host is final, so
    /// that the next source is tried at once; in the middle of a file it may come back.
    fn not_sent(&self, url: &Url, offset: u64, error: &reqwest::Error) -> OpenError {
        let host = host(url);
        // A library's words may quote the URL.
        let cause = SecretUrl::from(url.as_str()).scrub(&cause(error));
        let cause = match self.setup.proxies().shown(url) {
            Some(proxy) if error.is_connect() => format!("{cause} (through the proxy {proxy})"),
            _ => cause,
        };
        if error.is_connect() && offset == 0 {
            let reason = format!("{host} cannot be reached: {cause}");
            self.unreachable().insert(host, reason.clone());
            return OpenError::Unreachable(reason);
        }
        if error.is_timeout() && offset == 0 {
            // It took the connection and then said nothing: not worth a second wait.
            let reason = format!("{host} does not answer: {cause}");
            self.unreachable().insert(host, reason.clone());
            return OpenError::Unreachable(reason);
        }
        if error.is_builder() || error.is_redirect() {
            return OpenError::Final(format!("{host}: {cause}"));
        }
        OpenError::Passing(cause, None)
    }

    fn client(&self) -> Result<&reqwest::Client, OpenError> {
        let client = self.client.get_or_init(|| self.setup.client());
        client.as_ref().map_err(Clone::clone)
    }

    fn unreachable(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        let unreachable = self.unreachable.lock();
        unreachable.unwrap_or_else(PoisonError::into_inner)
    }
}
