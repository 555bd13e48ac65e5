//! How the HTTP client is set up, and what it says of itself: time limits, certificates,
//! proxies, and the names and passwords of a netrc file.

use crate::env::{Connections, Env};
use crate::net::netrc::{self, Login};
use crate::net::opened::{OpenError, cause};
use crate::net::{Connection, proxy, trust};
use crate::policy::{Forbidden, Policy};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// All that a client is made from.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    /// Certificates, passwords and proxies, as the environment names them.
    environment: Connections,
    /// Proxies and certificates of one source, beyond that.
    connection: Connection,
    /// Who may be connected to.
    policy: Arc<Policy>,
    connect_timeout: Duration,
    read_timeout: Duration,
    /// The netrc file, read once.
    netrc: OnceLock<Result<Option<Netrc>, String>>,
}

/// A netrc file. Its text is not shown.
#[derive(Clone)]
struct Netrc {
    name: String,
    text: String,
}

impl std::fmt::Debug for Netrc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Setup {
    /// As the environment says.
    pub(super) fn new(env: &Env, policy: Arc<Policy>) -> Self {
        Self {
            environment: env.connections.clone(),
            connection: Connection::default(),
            policy,
            connect_timeout: env.connect_timeout,
            read_timeout: env.http_timeout,
            netrc: OnceLock::new(),
        }
    }

    /// The same with one source's own proxies and certificates.
    pub(super) fn with_connection(&self, connection: Connection) -> Self {
        Self {
            connection,
            ..self.clone()
        }
    }

    /// What is allowed.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether policy lets a URL's host be connected to, by the client's own reading of it.
    pub(super) fn check_host(&self, url: &str) -> Result<(), OpenError> {
        match reqwest::Url::parse(url) {
            Ok(url) => allows(&self.policy, &url).map_err(OpenError::Forbidden),
            Err(_) => Ok(()), // the client has the better words for it
        }
    }

    /// A client. It connects to nothing yet.
    pub(super) fn client(&self) -> Result<reqwest::Client, OpenError> {
        proxy::check(&self.environment).map_err(OpenError::Settings)?;
        let trusted = trust::certificates(&self.environment).map_err(OpenError::Settings)?;
        // An error means that one is installed already, which is as well.
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
        let policy = Arc::clone(&self.policy);
        let usual = reqwest::redirect::Policy::default();
        let redirects = reqwest::redirect::Policy::custom(move |attempt| {
            match allows(&policy, attempt.url()) {
                Ok(()) => usual.redirect(attempt),
                Err(forbidden) => attempt.error(forbidden),
            }
        });
        reqwest::Client::builder()
            .redirect(redirects)
            .user_agent(concat!("ftpy/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            // Other crates turn the decoders on, and they would change what is hashed.
            .no_gzip()
            .no_deflate()
            .no_brotli()
            .no_zstd()
    }

    /// What the netrc file has for a URL's host. Nothing where the URL has a name of its own,
    /// nor where it would go over the wire for everybody to read: http:// to another machine.
    pub(super) fn login(&self, url: &str) -> Result<Option<Login>, OpenError> {
        let Ok(url) = reqwest::Url::parse(url) else {
            return Ok(None); // the client has the better words for it
        };
        let host = url.host_str().unwrap_or_default();
        let is_private = url.scheme() == "https" || is_loopback(host);
        if !url.username().is_empty() || url.password().is_some() || !is_private {
            return Ok(None);
        }
        let netrc = self.netrc.get_or_init(|| read(&self.environment));
        let netrc = netrc
            .as_ref()
            .map_err(|reason| OpenError::Settings(reason.clone()))?;
        let Some(Netrc { name, text }) = netrc else {
            return Ok(None);
        };
        netrc::find(text, host).map_err(|line| {
            OpenError::Settings(format!(
                "{name}:{line}: a word stands there without its value"
            ))
        })
    }
}

fn allows(policy: &Policy, url: &reqwest::Url) -> Result<(), Forbidden> {
    let host = url.host_str().unwrap_or_default();
    let scheme = Some(url.scheme());
    match url.port() {
        Some(port) => policy.allows_host(&format!("{host}:{port}"), scheme),
        None => policy.allows_host(host, scheme),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The file that `NETRC` names, which must be there, or `~/.netrc`, which may.
fn read(environment: &Connections) -> Result<Option<Netrc>, String> {
    let (path, must_exist) = match (&environment.netrc, &environment.usual_netrc) {
        (Some(path), _) => (path, true),
        (None, Some(path)) => (path, false),
        (None, None) => return Ok(None),
    };
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(Netrc { name, text })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("NETRC is {name}: there is no such file"))
        }
        Err(error) => Err(format!("{name} cannot be read: {error}")),
    }
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
        let setup = Setup {
            environment: Connections {
                netrc: Some(netrc),
                ..Connections::default()
            },
            connection: Connection::default(),
            policy: Arc::default(),
            connect_timeout: Duration::from_secs(1),
            read_timeout: Duration::from_secs(1),
            netrc: OnceLock::new(),
        };
        let is_sent = |url: &str| setup.login(url).expect("a netrc").is_some();
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
