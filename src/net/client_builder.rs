//! Sets up the HTTP client: time limits, certificates, proxies, and the logins of a netrc file.

use crate::cancel::Cancel;
use crate::env::{Connections, Env};
use crate::file_url::unescaped;
use crate::net::netrc::Login;
use crate::net::netrc_file::NetrcFile;
use crate::net::proxy::Proxies;
use crate::net::resolver::Resolver;
use crate::net::response::{OpenError, cause};
use crate::net::stages::Stages;
use crate::net::{Connection, trust};
use crate::policy::Policy;
use crate::report::Reporter;
use crate::secret_url::SecretUrl;
use reqwest::Url;
use std::sync::Arc;
use std::time::Duration;

/// The maximum time for a connection: DNS, TCP, the proxy's CONNECT and TLS. A caller may stop
/// waiting earlier; the connection attempt then continues in the background up to this limit.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// The settings of a client.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// Certificates, passwords and proxies from the environment.
    environment: Connections,
    /// Additional proxies and certificates of one source.
    connection: Connection,
    /// The policy that hosts must pass.
    policy: Arc<Policy>,
    /// The places that the user named, if a source adds others.
    own: Option<Vec<SecretUrl>>,
    /// Which proxy a URL goes through.
    proxies: Proxies,
    /// The connect timeout that the user set.
    connect_timeout: Option<Duration>,
    read_timeout: Duration,
    /// The netrc file, read once.
    netrc: Arc<NetrcFile>,
}

impl Setup {
    /// Reads the settings from the environment.
    pub(super) fn new(
        env: &Env,
        policy: Arc<Policy>,
        cancel: Cancel,
        reporter: Arc<Reporter>,
    ) -> Self {
        Self {
            environment: env.connections.clone(),
            connection: Connection::default(),
            policy,
            own: None,
            proxies: Proxies::new(&env.connections),
            connect_timeout: env.connect_timeout,
            read_timeout: env.http_timeout,
            netrc: Arc::new(NetrcFile::new(&env.connections, cancel, reporter)),
        }
    }

    /// Returns these settings with a source's proxies and certificates. If `own` lists the places
    /// that the user named, only they are sent passwords from netrc.
    pub(super) fn with_connection(
        &self,
        connection: Connection,
        own: Option<Vec<SecretUrl>>,
    ) -> Self {
        Self {
            proxies: self.proxies.with_own(&connection.proxies),
            connection,
            own,
            ..self.clone()
        }
    }

    /// Returns whether a URL has the scheme, host and port of a place that the user named.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        let is_it = |own: &SecretUrl| {
            Url::parse(own.expose()).is_ok_and(|own| own.origin() == url.origin())
        };
        self.own.as_ref().is_none_or(|own| own.iter().any(is_it))
    }

    /// Returns the login in the user's URL for a place that contains this URL.
    pub(super) fn login_of_own(&self, url: &Url) -> Option<Login> {
        let own = self.own.iter().flatten().filter(|_| !is_known(url));
        let mut own = own.filter_map(|own| Url::parse(own.expose()).ok());
        let own = own.find(|own| {
            let below = url.path().strip_prefix(own.path().trim_end_matches('/'));
            let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            is_below && own.origin() == url.origin() && own.has_authority() && is_known(own)
        })?;
        let text = |escaped: &str| String::from_utf8_lossy(&unescaped(escaped)).into_owned();
        Some(Login {
            name: text(own.username()),
            password: text(own.password().unwrap_or_default()),
        })
    }

    /// The policy.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Creates a client without connections.
    pub(super) fn client(&self) -> Result<reqwest::Client, OpenError> {
        let trusted = trust::certificates(&self.environment).map_err(OpenError::Settings)?;
        // An error means that a provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || match &trusted {
            Some(certificates) => self.builder().tls_certs_only(certificates.clone()),
            None => self.builder(),
        };
        let unusable = |error| format!("HTTP cannot be set up: {}", cause(&error));
        if self.connection != Connection::default() {
            let built = self.connection.apply(builder()).map_err(OpenError::Final)?;
            return built.build().map_err(unusable).map_err(OpenError::Final);
        }
        let built = match (builder().build(), &trusted) {
            // A slim image has no certificates at all. https:// cannot be trusted there, but a
            // package mirror is often plain http, and the digest is pinned either way.
            (Err(_), None) => builder().tls_certs_only([]).build(),
            (built, _) => built,
        };
        built.map_err(unusable).map_err(OpenError::Final)
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let proxies = self.proxies.clone();
        // `gate` refuses invalid proxies, so an error here never means a direct connection.
        let proxy = reqwest::Proxy::custom(move |url| proxies.of(url).ok().flatten());
        let connect_timeout = self.connect_timeout.unwrap_or(LONGEST);
        reqwest::Client::builder()
            .proxy(proxy)
            .dns_resolver(Resolver::new(connect_timeout))
            // `gate` follows and checks each redirect.
            .redirect(reqwest::redirect::Policy::none())
            .connector_layer(Stages)
            .user_agent(concat!("ftpy/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .read_timeout(self.read_timeout)
            // Other crates enable the decoders, which would change the hashed bytes.
            .no_gzip()
            .no_deflate()
            .no_brotli()
            .no_zstd()
    }

    /// Returns the netrc login for a URL's host, unless the URL has a login of its own, or the
    /// login would be readable on the network: http:// to another machine, or to this one through a
    /// proxy.
    pub(super) fn login(&self, url: &Url) -> Result<Option<Login>, String> {
        let host = url.host_str().unwrap_or_default();
        let is_private = match url.scheme() {
            "https" => true,
            _ => is_loopback(host) && !self.is_proxied(url),
        };
        if is_known(url) || !is_private {
            return Ok(None);
        }
        self.netrc.login(host.trim_end_matches('.'))
    }

    /// The connect timeout, if the user set one.
    pub(super) fn own_limit(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// The proxies.
    pub(super) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Returns whether a proxy can read what is sent to a URL.
    fn is_proxied(&self, url: &Url) -> bool {
        !matches!(self.proxies.of(url), Ok(None))
    }
}

/// Returns whether a URL contains a login.
fn is_known(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_over_no_wire_that_others_read() {
        let home = tempfile::tempdir().expect("tempdir");
        let netrc = home.path().join("netrc");
        let machines = ["h.example", "127.0.0.1", "localhost"];
        let rows = machines.map(|host| format!("machine {host} login me password p\n"));
        std::fs::write(&netrc, rows.concat()).expect("write");
        let environment = Connections {
            netrc: Some(netrc),
            ..Connections::default()
        };
        let reporter = Arc::new(Reporter::plain(crate::report::Options::default()));
        let netrc = NetrcFile::new(&environment, Cancel::default(), reporter);
        let setup = Setup {
            netrc: Arc::new(netrc),
            environment,
            proxies: Proxies::default(),
            connection: Connection::default(),
            policy: Arc::default(),
            own: None,
            connect_timeout: None,
            read_timeout: Duration::from_secs(1),
        };
        let is_sent = |url: &str| {
            let url = Url::parse(url).expect("a URL");
            setup.login(&url).expect("a netrc").is_some()
        };
        for url in [
            "https://h.example/x",
            "https://H.example:8443/x",
            "http://127.0.0.1:1/x",
            "http://localhost/x",
        ] {
            assert!(is_sent(url), "{url}");
        }
        for url in [
            "http://h.example/x",
            "https://other.example/x",
            "https://h.example.evil/x",
            "https://you:q@h.example/x",
            "https://other.example/@h.example/",
        ] {
            assert!(!is_sent(url), "{url}");
        }
    }
}
