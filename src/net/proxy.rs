//! Chooses the proxy of a URL.
//!
//! The first applicable rule wins: the proxies of the source's own settings (conda's
//! `proxy_servers`); for the hosts of this machine's apt mirrors, apt's settings; `NO_PROXY`;
//! `HTTPS_PROXY` or `HTTP_PROXY` by the URL's scheme; `ALL_PROXY`; the system's settings, on macOS
//! and Windows. An unusable proxy is an error only for URLs that need it.

use crate::env::Connections;
use crate::host::apt_proxy::{AptProxies, Way};
use crate::host::{apt, apt_proxy};
use crate::net::url::host;
use crate::secret_url::SecretUrl;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The proxy schemes that the HTTP client supports.
const KNOWN: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The proxy rules of this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Proxies {
    /// `http`, `https` or `all` to a proxy's URL, from one source's settings.
    own: BTreeMap<String, SecretUrl>,
    /// The values by variable name.
    variables: Vec<(&'static str, SecretUrl)>,
    no_proxy: String,
    apt: Arc<OnceLock<Apt>>,
}

/// apt's settings.
#[derive(Debug, Default)]
struct Apt {
    proxies: AptProxies,
    /// `deb.example:8080`
    hosts: Vec<String>,
}

impl Proxies {
    /// Reads the environment and apt's settings.
    pub(super) fn new(environment: &Connections) -> Self {
        Self {
            own: BTreeMap::new(),
            variables: environment.proxies.clone(),
            no_proxy: environment.no_proxy.clone().unwrap_or_default(),
            apt: Arc::default(),
        }
    }

    /// Returns the same with one source's settings on top.
    pub(super) fn with_own(&self, own: &BTreeMap<String, SecretUrl>) -> Self {
        Self {
            own: own.clone(),
            ..self.clone()
        }
    }

    /// Returns the proxy of a URL, or `None` for a direct connection.
    ///
    /// # Errors
    /// Returns a sentence that names the setting, without a password.
    pub(super) fn of(&self, url: &Url) -> Result<Option<Url>, String> {
        let scheme = url.scheme();
        if let Some(value) = self.own.get(scheme).or_else(|| self.own.get("all")) {
            let setting = format!("the proxy for {scheme} in .condarc");
            return parse(&setting, value.expose()).map(Some);
        }
        match self.way_of_apt(url) {
            Way::Direct => return Ok(None),
            Way::Through(value) => return parse("Acquire::http::Proxy of apt", value).map(Some),
            Way::Unset => {}
        }
        if is_exempt(&self.no_proxy, url) {
            return Ok(None);
        }
        let variable = |wanted: &str| {
            let is_it = |(name, _): &&(&str, SecretUrl)| name.eq_ignore_ascii_case(wanted);
            self.variables.iter().find(is_it)
        };
        let own = variable(&format!("{scheme}_proxy"));
        match own.or_else(|| variable("all_proxy")) {
            Some((name, value)) => parse(name, value.expose()).map(Some),
            None => Ok(of_system(url)),
        }
    }

    /// Returns the proxy of a URL for messages: `proxy.example:3128`.
    pub(super) fn shown(&self, url: &Url) -> Option<String> {
        Some(host(&self.of(url).ok()??))
    }

    fn way_of_apt(&self, url: &Url) -> Way<'_> {
        let apt = self.apt.get_or_init(|| {
            let proxies = apt_proxy::read(Path::new("/"));
            let mirrors = match proxies.is_empty() {
                true => Vec::new(),
                false => apt::mirrors(Path::new("/")),
            };
            let urls = mirrors.iter().filter_map(|mirror| Url::parse(mirror).ok());
            let hosts = urls.map(|url| host(&url)).collect();
            Apt { proxies, hosts }
        });
        let name = url.host_str().unwrap_or_default();
        match apt.hosts.contains(&host(url)) {
            true => apt.proxies.way(url.scheme(), name),
            false => Way::Unset,
        }
    }
}

/// Parses a proxy URL. Like in curl, a URL without a scheme is an HTTP proxy. `socks://`, which
/// desktops write, means SOCKS 5 with names resolved by the proxy.
fn parse(setting: &str, value: &str) -> Result<Url, String> {
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let scheme = scheme.to_ascii_lowercase();
    let used = match scheme.as_str() {
        "socks" => "socks5h",
        other => other,
    };
    let url = Url::parse(&format!("{used}://{rest}")).ok();
    url.filter(|url| KNOWN.contains(&used) && url.has_host())
        .ok_or_else(|| {
            let shown = SecretUrl::from(format!("{scheme}://{rest}"));
            format!("{setting} is {shown}: it is not the URL of a proxy")
        })
}

/// Returns whether `NO_PROXY` covers a URL's host: `*`, `example.org` with its subdomains,
/// `.example.org` and `*.example.org`, an address, a network (`10.0.0.0/8`). A name or an address
/// may have a port.
fn is_exempt(no_proxy: &str, url: &Url) -> bool {
    let port = url.port_or_known_default();
    let mut entries = Vec::new();
    for entry in no_proxy
        .split([',', ' ', '\t'])
        .filter(|entry| !entry.is_empty())
    {
        if entry == "*" {
            return true;
        }
        let entry = match split_port(entry) {
            Some((_, own)) if Some(own) != port => continue,
            Some((name, _)) => name,
            None => entry,
        };
        let name = entry.strip_prefix('*').filter(|rest| rest.starts_with('.'));
        entries.push(name.unwrap_or(entry).trim_matches(['[', ']']));
    }
    let matcher = Matcher::builder().all("http://proxy").no(entries.join(","));
    let target = url.as_str().parse();
    target.is_ok_and(|target| matcher.build().intercept(&target).is_none())
}

/// Splits `h:80` into `h` and 80, `[::1]:80` into `[::1]` and 80; `None` for `::1`.
fn split_port(entry: &str) -> Option<(&str, u16)> {
    let (name, port) = entry.rsplit_once(':')?;
    let is_name = name.ends_with(']') || !name.contains(':');
    is_name.then_some((name, port.parse().ok()?))
}

/// The desktop's settings.
#[cfg(any(target_os = "macos", windows))]
fn of_system(url: &Url) -> Option<Url> {
    let intercept = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    Url::parse(&intercept.uri().to_string()).ok()
}

#[cfg(not(any(target_os = "macos", windows)))]
fn of_system(_: &Url) -> Option<Url> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&'static str, &str)], no_proxy: &str) -> Proxies {
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, SecretUrl::from(*value)));
        let proxies = Proxies {
            variables: variables.collect(),
            no_proxy: no_proxy.to_owned(),
            ..Proxies::default()
        };
        proxies.apt.set(Apt::default()).expect("not set yet");
        proxies
    }

    fn of(proxies: &Proxies, url: &str) -> Result<Option<String>, String> {
        let found = proxies.of(&Url::parse(url).expect("a URL"))?;
        Ok(found.map(|url| url.to_string()))
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password_and_only_where_it_is_used() {
        for (value, expected) in [
            ("http://u:p@h:3128", "http://u:p@h:3128/"),
            ("h:3128", "http://h:3128/"),
            ("https://h/", "https://h/"),
            ("http://[::1]:8080", "http://[::1]:8080/"),
            ("socks5h://h:1080", "socks5h://h:1080"),
            ("SOCKS5://h:1080/", "socks5://h:1080/"),
            ("socks://127.0.0.1:1080/", "socks5h://127.0.0.1:1080/"),
        ] {
            let proxies = proxies(&[("ALL_PROXY", value)], "");
            assert_eq!(
                of(&proxies, "https://x.example/"),
                Ok(Some(expected.to_owned()))
            );
        }
        for bad in [
            "ftp://u:secret@h",
            "http://u:secret@h:port",
            "http://u:secret#x@h",
            "http://u:secret/x@h",
            "socks7://u:secret@h:1",
        ] {
            let only = proxies(
                &[("all_proxy", bad), ("HTTP_PROXY", "http://p:1")],
                "n.example",
            );
            let said = of(&only, "https://x.example/").expect_err(bad);
            assert!(said.starts_with("all_proxy is "), "{said}");
            assert!(!said.contains("secret"), "{said}");
            assert_eq!(
                of(&only, "http://x.example/"),
                Ok(Some("http://p:1/".to_owned()))
            );
            assert_eq!(of(&only, "https://n.example/"), Ok(None));
        }
    }

    #[test]
    fn no_proxy_names_hosts_networks_ports_or_everything() {
        let is_direct = |no_proxy: &str, url: &str| {
            let proxies = proxies(&[("https_proxy", "p:1"), ("HTTP_PROXY", "p:1")], no_proxy);
            of(&proxies, url) == Ok(None)
        };
        for (no_proxy, url) in [
            ("*", "https://x.example/"),
            ("*", "http://10.1.2.3:8080/x"),
            ("a, *", "http://[::1]/"),
            ("example.org", "https://a.example.org/"),
            ("*.example.org", "https://a.example.org/"),
            (".example.org", "https://a.example.org/"),
            ("10.0.0.0/8", "http://10.1.2.3/"),
            ("x.example y.example", "http://y.example/"),
            ("y.example:8080", "http://y.example:8080/"),
            ("y.example:443", "https://y.example/"),
            ("[::1]:80,127.0.0.1", "http://[::1]/"),
            ("::1", "http://[::1]:9/"),
        ] {
            assert!(is_direct(no_proxy, url), "{no_proxy} {url}");
        }
        for (no_proxy, url) in [
            ("", "https://x.example/"),
            ("example.org", "https://notexample.org/"),
            ("10.0.0.0/8", "http://11.1.2.3/"),
            ("y.example:8080", "http://y.example/"),
            ("**", "http://y.example/"),
        ] {
            assert!(!is_direct(no_proxy, url), "{no_proxy} {url}");
        }
    }

    #[test]
    fn apts_proxy_is_for_apts_mirrors() {
        let root = tempfile::tempdir().expect("tempdir");
        std::fs::create_dir_all(root.path().join("etc/apt")).expect("mkdir");
        let text = "Acquire::http::Proxy \"http://apt-cache:3142\";\n\
                    Acquire::http::Proxy::own.example \"DIRECT\";\n";
        std::fs::write(root.path().join("etc/apt/apt.conf"), text).expect("write");
        let proxies = Proxies {
            variables: vec![("HTTP_PROXY", "http://p:1".into())],
            ..Proxies::default()
        };
        let apt = Apt {
            proxies: apt_proxy::read(root.path()),
            hosts: vec!["deb.example".to_owned(), "own.example".to_owned()],
        };
        proxies.apt.set(apt).expect("not set yet");
        let through = |url: &str| Ok(Some(url.to_owned()));
        assert_eq!(
            of(&proxies, "http://deb.example/x"),
            through("http://apt-cache:3142/")
        );
        assert_eq!(of(&proxies, "http://own.example/x"), Ok(None));
        assert_eq!(
            of(&proxies, "http://other.example/x"),
            through("http://p:1/")
        );
    }

    #[test]
    fn a_source_may_have_proxies_of_its_own() {
        let own = BTreeMap::from([("https".to_owned(), "http://c:1".into())]);
        let proxies = proxies(&[("ALL_PROXY", "http://p:1")], "").with_own(&own);
        assert_eq!(
            of(&proxies, "https://x/"),
            Ok(Some("http://c:1/".to_owned()))
        );
        assert_eq!(
            of(&proxies, "http://x/"),
            Ok(Some("http://p:1/".to_owned()))
        );
    }
}
