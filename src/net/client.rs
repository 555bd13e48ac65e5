//! Opens URLs: one HTTP client for the process, and the state of the hosts.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::file_url;
use crate::net::client_builder::Setup;
use crate::net::gate::{Gate, NotSent, Trust};
use crate::net::headers::Condition;
use crate::net::hosts::{Hosts, Reach};
use crate::net::pace::Pace;
use crate::net::part::Part;
use crate::net::pending_request::{AskedUrl, Opening};
use crate::net::proxy::Proxies;
use crate::net::reason::HostError;
use crate::net::response::{OpenError, Opened, Passing, answered, cause, open_file};
use crate::net::time_limits::Patience;
use crate::net::url::host;
use crate::net::{Connection, proxy_note};
use crate::policy::Policy;
use crate::report::Reporter;
use crate::secret_url::SecretUrl;
use reqwest::header::RANGE;
use reqwest::{Response, Url};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Access to the network, for the whole process.
#[derive(Debug)]
pub struct Net {
    client: OnceLock<Result<reqwest::Client, OpenError>>,
    setup: Setup,
    /// `--offline`: only file:// URLs are opened.
    is_offline: bool,
    pub(super) hosts: Hosts,
    pending: Mutex<Vec<Opening>>,
    ready: Mutex<Vec<(AskedUrl, Opened)>>,
    /// Held by the task that waits for slow hosts.
    pub(super) settling: tokio::sync::Mutex<()>,
    cancel: Cancel,
    /// The pace of a long run.
    pub(super) pace: Option<Arc<Pace>>,
}

impl Net {
    /// Creates a client without connections.
    #[must_use]
    pub fn new(
        env: &Env,
        is_offline: bool,
        policy: Arc<Policy>,
        cancel: Cancel,
        reporter: Arc<Reporter>,
    ) -> Self {
        let setup = Setup::new(env, policy, cancel.clone(), reporter);
        Self::of(setup, is_offline, cancel)
    }

    fn of(setup: Setup, is_offline: bool, cancel: Cancel) -> Self {
        Self {
            client: OnceLock::new(),
            setup,
            is_offline,
            hosts: Hosts::default(),
            pending: Mutex::default(),
            ready: Mutex::default(),
            settling: tokio::sync::Mutex::default(),
            cancel,
            pace: None,
        }
    }

    /// Returns a network with the same limits, for a source with separate connections. If `own`
    /// lists the places that the user named, only they are sent passwords from netrc.
    #[must_use]
    pub fn with_connection(&self, connection: Connection, own: Option<Vec<SecretUrl>>) -> Self {
        let setup = self.setup.with_connection(connection, own);
        Self::of(setup, self.is_offline, self.cancel.clone())
    }

    /// Returns a network with the same settings that keeps a pace.
    #[must_use]
    pub fn at_pace(&self, pace: Arc<Pace>) -> Self {
        let net = Self::of(self.setup.clone(), self.is_offline, self.cancel.clone());
        Self {
            pace: Some(pace),
            ..net
        }
    }

    /// `--offline`: only file:// URLs are opened.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// The policy of this machine.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.setup.policy()
    }

    /// The cancellation flag of all work.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Starts a request to one place. A failure that is already certain is returned immediately.
    pub(super) fn begin(
        &self,
        url: &SecretUrl,
        trust: Trust,
        (part, condition): (Part, Condition<'_>),
    ) -> Result<Begun, OpenError> {
        let judged = self.policy().allows_place(url);
        judged.map_err(OpenError::Forbidden)?;
        if let Some(path) = file_url::path_of(url.expose()) {
            let opened = open_file(url, &path.map_err(OpenError::Final)?, part)?;
            return Ok(Begun::Opened(opened));
        }
        if let Some(reason) = url.misread() {
            return Err(OpenError::Settings(reason));
        }
        let at = Url::parse(url.expose())
            .map_err(|error| OpenError::Final(format!("{url} is not a URL: {error}")))?;
        let host = host(&at);
        if self.is_offline {
            return Err(OpenError::Unreachable(HostError {
                text: format!("{host} is not asked (--offline)"),
                cause: "--offline".to_owned(),
                host,
            }));
        }
        let asked = AskedUrl {
            url: url.clone(),
            trust,
            part,
            unless: condition.unless(),
        };
        if let Some(begun) = self.known(&asked, &host)? {
            return Ok(begun);
        }
        let sending = self.request(at.clone(), trust, (part, condition))?;
        Ok(Begun::Opening(Opening::begin(asked, at, host, sending)))
    }

    /// Returns what is known without sending a request: an answer, or a request that is already
    /// running.
    fn known(&self, asked: &AskedUrl, host: &str) -> Result<Option<Begun>, OpenError> {
        let mut ready = self.ready();
        if let Some(at) = ready.iter().position(|(known, _)| known == asked) {
            return Ok(Some(Begun::Opened(ready.swap_remove(at).1)));
        }
        drop(ready);
        if let Some(error) = self.hosts.closed(host) {
            return Err(OpenError::Unreachable(error));
        }
        let reach = self.hosts.reach(host);
        if let Reach::Unreachable(error) = reach {
            return Err(OpenError::Unreachable(error));
        }
        let mut pending = self.pending();
        let same = pending.iter().position(|opening| opening.asked == *asked);
        if let Some(at) = same {
            return Ok(Some(Begun::Opening(pending.swap_remove(at))));
        }
        match (reach, Patience::now()) {
            (Reach::Slow(error), Patience::Brief) => Err(OpenError::Slow(error)),
            _ => Ok(None),
        }
    }

    /// A request, through all its redirects.
    fn request(
        &self,
        url: Url,
        trust: Trust,
        (part, condition): (Part, Condition<'_>),
    ) -> Result<impl Future<Output = Result<Response, NotSent>> + Send + use<>, OpenError> {
        let client = self.client()?.clone();
        let mut headers = condition.headers(url.path());
        headers.extend(part.header().map(|range| (RANGE, range)));
        let request = move |url: Url| {
            let headers = headers.iter();
            headers.fold(client.get(url), |request, (name, value)| {
                request.header(name.clone(), value)
            })
        };
        let gate = Gate::new(self.setup.clone());
        Ok(async move { gate.send(url, trust, request).await })
    }

    /// Interprets the result of a request, and records the state of the host.
    pub(super) fn end(
        &self,
        opening: &Opening,
        sent: Result<Response, NotSent>,
    ) -> Result<Opened, OpenError> {
        let AskedUrl {
            url, part, unless, ..
        } = &opening.asked;
        let response = match sent {
            Ok(response) => response,
            Err(NotSent::Refused(refused)) => return Err(refused.into()),
            Err(NotSent::Http(error, at)) => return Err(self.not_sent(opening, &at, &error)),
        };
        let opened = answered(url, response, (*part, unless.is_some()));
        match &opened {
            Ok(_) => self.hosts.is_well(&opening.host),
            Err(_) => self.hosts.set_reach(&opening.host, Reach::Answers),
        }
        opened
    }

    /// The error of a request or redirect without an answer. Before the first byte an unreachable
    /// host is final, so that the next source is tried immediately; in the middle of a file it is
    /// retried.
    fn not_sent(&self, opening: &Opening, at: &Url, error: &reqwest::Error) -> OpenError {
        let (host, is_first) = (host(at), opening.asked.part.is_first());
        // The library's error may quote the URL.
        let cause = SecretUrl::from(at.as_str()).scrub(&cause(error));
        let through = match error.is_connect() {
            true => proxy_note(self.proxies().shown(at)),
            false => String::new(),
        };
        let unreachable = |error: HostError| {
            // A host that redirects to an unreachable one has no file either.
            for host in [&host, &opening.host] {
                let unreachable = Reach::Unreachable(error.clone());
                self.hosts.set_reach(host, unreachable);
            }
            OpenError::Unreachable(error)
        };
        if error.is_connect() && is_first {
            let cause = format!("{cause}{through}");
            return unreachable(HostError::unreachable(&host, cause));
        }
        if error.is_timeout() && is_first {
            // It accepted the connection and sent nothing, so a second wait is pointless.
            return unreachable(HostError {
                text: format!("{host} does not answer: {cause}"),
                host: host.clone(),
                cause,
            });
        }
        if error.is_builder() {
            return OpenError::Final(format!("{host}: {cause}"));
        }
        OpenError::Passing(Passing::of(format!("{cause}{through}")))
    }

    /// The proxies in use.
    pub(super) fn proxies(&self) -> &Proxies {
        self.setup.proxies()
    }

    /// The connect timeout, if the user set one.
    pub(super) fn own_limit(&self) -> Option<Duration> {
        self.setup.own_limit()
    }

    /// Hosts that did not answer in time, but may still answer.
    #[must_use]
    pub fn slow_hosts(&self) -> Vec<String> {
        self.hosts.slow()
    }

    fn client(&self) -> Result<&reqwest::Client, OpenError> {
        let made = || tokio::task::block_in_place(|| self.setup.client());
        let client = self.client.get_or_init(made);
        client.as_ref().map_err(Clone::clone)
    }

    /// Requests to slow hosts, to wait for later.
    pub(super) fn pending(&self) -> MutexGuard<'_, Vec<Opening>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The results of such requests: the body of a URL from a byte on.
    pub(super) fn ready(&self) -> MutexGuard<'_, Vec<(AskedUrl, Opened)>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state after a request was started.
#[derive(Debug)]
pub(super) enum Begun {
    /// A file, which may have arrived while other places were tried.
    Opened(Opened),
    /// A request is running.
    Opening(Opening),
}
