//! What every request passes, at its start and at each redirect: the policy, the rule that https
//! is not left for http, and who is sent a name and a password.
//!
//! The HTTP client follows no redirect of its own. [`Gate::send`] does, and so does conda's
//! client, which has connections of its own: neither can forget a rule.

use crate::digest::Digest;
use crate::net::client_builder::Setup;
use crate::net::netrc::Login;
use crate::net::response::OpenError;
use crate::policy::Forbidden;
use crate::secret_url::SecretUrl;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode, Url};

/// So many redirects may follow each other.
const MOST_REDIRECTS: usize = 10;

/// Why the bytes of a URL can be believed. Whoever opens one has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// They are compared with a digest that was known before: any server may send them.
    Pinned(Digest),
    /// Because of the server that sends them: https is not left for http on the way.
    FromTransport,
}

impl Trust {
    /// Pinned, where there is a digest.
    #[must_use]
    pub fn of(sha256: Option<Digest>) -> Self {
        sha256.map_or(Self::FromTransport, Self::Pinned)
    }
}

/// Why a request is not sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// The policy does not let the host be connected to.
    #[error(transparent)]
    Forbidden(Forbidden),
    /// It would leave https, or another rule of redirects.
    #[error("{0}")]
    Unsafe(String),
    /// The netrc file cannot be used.
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

/// The rules for the requests of one source.
#[derive(Debug, Clone)]
pub struct Gate {
    setup: Setup,
}

/// One request on its way through redirects.
#[derive(Debug)]
pub struct Way<'a> {
    gate: &'a Gate,
    trust: Trust,
    url: Url,
    redirects: usize,
    /// Whether it is still at the scheme, host and port where it began.
    is_at_origin: bool,
}

/// Why a request got no answer.
#[derive(Debug)]
pub(super) enum NotSent {
    /// A rule.
    Refused(Refused),
    /// The network, at this URL.
    Http(reqwest::Error, Url),
}

impl Gate {
    pub(super) fn new(setup: Setup) -> Self {
        Self { setup }
    }

    /// A request that begins at a URL.
    #[must_use]
    pub fn way(&self, url: Url, trust: Trust) -> Way<'_> {
        Way {
            gate: self,
            trust,
            url,
            redirects: 0,
            is_at_origin: true,
        }
    }

    /// Sends what `request` makes of a URL, and follows redirects.
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
    /// Where the next request goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the request is still at the scheme, host and port where it began. Elsewhere no
    /// password of it is sent.
    #[must_use]
    pub fn is_at_origin(&self) -> bool {
        self.is_at_origin
    }

    /// Judges the place where the next request goes. The name and password for it: of the place
    /// that the person named, else of the netrc file.
    ///
    /// # Errors
    /// Where the request may not be sent.
    pub fn enter(&self) -> Result<Option<Login>, Refused> {
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

    /// Whether it is at https, or the person chose http.
    fn may_begin(&self) -> bool {
        self.url.scheme() != "http" || self.gate.setup.is_own(&self.url)
    }

    /// Goes on to where an answer redirects; `false` where it is not a redirect.
    ///
    /// # Errors
    /// Where the redirect may not be followed.
    pub fn follow(&mut self, status: StatusCode, headers: &HeaderMap) -> Result<bool, Refused> {
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
        // A name and a password that a server made up.
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
