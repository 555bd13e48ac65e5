//! The checks of every request, at its start and at each redirect: policy, no redirect from https
//! to http, and which hosts receive a login.
//!
//! The HTTP client does not follow redirects: [`Gate::send`] does, so none can skip a check.

use crate::digest::Digest;
use crate::net::client_builder::Setup;
use crate::net::netrc::Login;
use crate::net::response::OpenError;
use crate::policy::Forbidden;
use crate::secret_url::SecretUrl;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode, Url};

/// The maximum number of redirects.
const MOST_REDIRECTS: usize = 10;

/// Why the bytes of a URL can be trusted. Every request has to state this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// They are compared with a known digest, so any server may send them.
    Pinned(Digest),
    /// They are trusted because of the server, so no redirect may lead from https to http.
    FromTransport,
}

impl Trust {
    /// Pinned if there is a digest.
    #[must_use]
    pub fn of(sha256: Option<Digest>) -> Self {
        sha256.map_or(Self::FromTransport, Self::Pinned)
    }
}

/// Why a request is not sent.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Refused {
    /// Policy forbids the host.
    #[error(transparent)]
    Forbidden(Forbidden),
    /// It would leave https, or break another rule of redirects.
    #[error("{0}")]
    Unsafe(String),
    /// The netrc file is unusable.
    #[error("{0}")]
    Settings(String),
}

impl From<Refused> for OpenError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Forbidden(forbidden) => Self::Forbidden(forbidden),
            Refused::Unsafe(reason) => Self::Final(reason),
            Refused::Settings(reason) => Self::Settings(reason),
        }
    }
}

/// The rules for requests of one source.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    setup: Setup,
}

/// One request, through all its redirects.
#[derive(Debug)]
pub(super) struct Way<'a> {
    gate: &'a Gate,
    trust: Trust,
    url: Url,
    redirects: usize,
    /// Whether it is still at the original scheme, host and port.
    is_at_origin: bool,
}

/// Why a request got no answer.
#[derive(Debug)]
pub(super) enum NotSent {
    /// A rule forbids it.
    Refused(Refused),
    /// The network failed at this URL.
    Http(reqwest::Error, Url),
}

impl Gate {
    pub(super) fn new(setup: Setup) -> Self {
        Self { setup }
    }

    /// Creates a request for a URL.
    fn way(&self, url: Url, trust: Trust) -> Way<'_> {
        Way {
            gate: self,
            trust,
            url,
            redirects: 0,
            is_at_origin: true,
        }
    }

    /// Sends the request that `request` builds for a URL, and follows redirects.
    pub(super) async fn send(
        &self,
        url: Url,
        trust: Trust,
        request: impl Fn(Url) -> RequestBuilder,
    ) -> Result<Response, NotSent> {
        let mut way = self.way(url, trust);
        loop {
            let login = way.enter().map_err(NotSent::Refused)?;
            let mut builder = request(way.url().clone());
            if let Some(login) = login {
                builder = builder.basic_auth(login.name, Some(login.password));
            }
            let sent = builder.send().await;
            let response = sent.map_err(|error| NotSent::Http(error, way.url().clone()))?;
            let is_over = !way
                .follow(response.status(), response.headers())
                .map_err(NotSent::Refused)?;
            if is_over {
                return Ok(response);
            }
        }
    }
}

impl Way<'_> {
    /// The URL of the next request.
    fn url(&self) -> &Url {
        &self.url
    }

    /// Checks the next URL. Returns the login for it: of the place that the user named, else of the
    /// netrc file.
    ///
    /// # Errors
    /// Returns an error if the request may not be sent.
    fn enter(&self) -> Result<Option<Login>, Refused> {
        let setup = &self.gate.setup;
        let place = SecretUrl::from(self.url.as_str());
        setup
            .policy()
            .allows_place(&place)
            .map_err(Refused::Forbidden)?;
        setup.proxies().of(&self.url).map_err(Refused::Settings)?;
        if self.redirects == 0 && self.trust == Trust::FromTransport && !self.may_begin() {
            let reason = format!("{place} is not https, and the channel is");
            return Err(Refused::Unsafe(reason));
        }
        if !self.is_at_origin || !setup.is_own(&self.url) {
            return Ok(None);
        }
        match setup.login_of_own(&self.url) {
            Some(login) => Ok(Some(login)),
            None => setup.login(&self.url).map_err(Refused::Settings),
        }
    }

    /// Returns whether it uses https, or the user chose http.
    fn may_begin(&self) -> bool {
        self.url.scheme() != "http" || self.gate.setup.is_own(&self.url)
    }

    /// Follows a redirect; returns `false` if the answer is not one.
    ///
    /// # Errors
    /// Returns an error if the redirect may not be followed.
    fn follow(&mut self, status: StatusCode, headers: &HeaderMap) -> Result<bool, Refused> {
        let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = headers.get(LOCATION).filter(|_| is_redirect) else {
            return Ok(false);
        };
        let from = SecretUrl::from(self.url.as_str());
        let refused = |reason: String| Refused::Unsafe(format!("{from} {reason}"));
        self.redirects += 1;
        if self.redirects > MOST_REDIRECTS {
            return Err(refused(format!(
                "redirects more than {MOST_REDIRECTS} times"
            )));
        }
        let location = String::from_utf8_lossy(location.as_bytes());
        let next = self.url.join(&location);
        let mut next = next.map_err(|_| refused("redirects to an invalid URL".to_owned()))?;
        // A login that a server made up.
        let _ = next.set_username("");
        let _ = next.set_password(None);
        let to = SecretUrl::from(next.as_str());
        if !["http", "https"].contains(&next.scheme()) {
            let scheme = next.scheme();
            return Err(refused(format!("redirects to a {scheme}: URL")));
        }
        let is_lower = self.url.scheme() == "https" && next.scheme() == "http";
        if is_lower && self.trust == Trust::FromTransport {
            return Err(refused(format!(
                "redirects to {to}: without a known digest, https must not be left for http"
            )));
        }
        self.is_at_origin &= next.origin() == self.url.origin();
        self.url = next;
        Ok(true)
    }
}
