//! Applies the rules to places: hosts, directories that count as one, lists of builds. Pure.
//!
//! URLs are parsed by the HTTP client's own parser, so that both mean the same host: upper case,
//! international names, alternative spellings of addresses, a trailing dot.

use crate::file_url::unescaped;
use crate::policy::{Forbidden, Policy};
use crate::secret_url::SecretUrl;
use reqwest::Url;

/// A rule of `hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `mirror.example`, `mirror.example:8443`, `*.corp.example`
    Host {
        /// As the URL parser writes it, without a trailing dot.
        name: String,
        /// Whether only the hosts below it are meant.
        is_below: bool,
        /// The port, if it is restricted to one.
        port: Option<u16>,
    },
    /// `file:///srv/mirror`: everything below it.
    Directory(Vec<Vec<u8>>),
}

impl Place {
    /// Parses a rule; `None` if it is invalid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(path) = file_path(text) {
            return components(&path).map(Self::Directory);
        }
        let (is_below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (name, port) = server(rest)?;
        Some(Self::Host {
            name,
            is_below,
            port,
        })
    }

    fn covers(&self, wanted: &str, wanted_port: Option<u16>) -> bool {
        let Self::Host {
            name,
            is_below,
            port,
        } = self
        else {
            return false;
        };
        let is_name = match is_below {
            true => wanted
                .strip_suffix(name.as_str())
                .is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
            false => wanted == name,
        };
        is_name && (port.is_none() || *port == wanted_port)
    }

    fn covers_file(&self, path: &[Vec<u8>]) -> bool {
        matches!(self, Self::Directory(rule) if path.starts_with(rule))
    }
}

impl Policy {
    /// Whether another program may connect to a host: `git.example:8443` and `ssh`.
    ///
    /// # Errors
    /// Returns the rule that forbids it, also if the host cannot be parsed.
    pub fn allows_host(&self, host: &str, scheme: &str) -> Result<(), Forbidden> {
        let Some(allowed) = &self.hosts else {
            return Ok(());
        };
        let is_allowed = server(host).is_some_and(|(name, port)| {
            let port = port.or_else(|| usual_port(scheme));
            allowed.rule.iter().any(|rule| rule.covers(&name, port))
        });
        match is_allowed {
            true => Ok(()),
            false => Err(Forbidden {
                what: host.to_owned(),
                line: allowed.line,
            }),
        }
    }

    /// Whether a list of builds other than ftpy's own and upstream's may be used: its digests are
    /// trusted. A conda channel is such a list.
    ///
    /// # Errors
    /// Returns the rule that forbids it.
    pub fn allows_index(&self, url: &SecretUrl) -> Result<(), Forbidden> {
        let is_it = |rule: &String| is_same(rule, url.expose());
        let line = match (&self.indexes, &self.requires_digests) {
            (Some(indexes), _) if indexes.rule.iter().any(is_it) => return Ok(()),
            (Some(indexes), _) => indexes.line,
            (None, Some(required)) => required.line,
            (None, None) => return Ok(()),
        };
        Err(Forbidden {
            what: format!("the list of builds at {url}"),
            line,
        })
    }

    /// Whether a URL may be opened: its host, or a directory that counts as one. A URL that cannot
    /// be parsed matches no rule.
    ///
    /// # Errors
    /// Returns the rule that forbids it.
    pub fn allows_place(&self, url: &SecretUrl) -> Result<(), Forbidden> {
        let Some(allowed) = &self.hosts else {
            return Ok(());
        };
        let mut rules = allowed.rule.iter();
        let (is_allowed, what) = match file_path(url.expose()) {
            Some(path) => {
                let path = components(&path);
                let is_allowed = path.is_some_and(|path| rules.any(|rule| rule.covers_file(&path)));
                (is_allowed, url.to_string())
            }
            None => match read(url.expose()) {
                Some((host, port, shown)) => (rules.any(|rule| rule.covers(&host, port)), shown),
                None => (false, url.to_string()),
            },
        };
        match is_allowed {
            true => Ok(()),
            false => Err(Forbidden {
                what,
                line: allowed.line,
            }),
        }
    }
}

/// The host and port of a URL, and both formatted for display.
fn read(url: &str) -> Option<(String, Option<u16>, String)> {
    let url = Url::parse(url).ok()?;
    let name = normal(url.host_str()?)?;
    let port = url.port_or_known_default();
    let port = port.or_else(|| usual_port(url.scheme()));
    let shown = match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.clone(),
    };
    Some((name, port, shown))
}

/// Splits `h:1` into `h` and 1, `[::1]:1` into `[::1]` and 1.
fn server(text: &str) -> Option<(String, Option<u16>)> {
    let bare = text.parse::<std::net::Ipv6Addr>();
    let (name, port) = match text.rsplit_once(':') {
        _ if bare.is_ok() => return normal(&format!("[{text}]")).map(|name| (name, None)),
        Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse().ok()?)),
        _ => (text, None),
    };
    Some((normal(name)?, port))
}

/// A host as the URL parser writes it, without a trailing dot.
fn normal(host: &str) -> Option<String> {
    if host.is_empty() || host.contains(['/', '\\', '@', '*', '?', '#', ' ']) {
        return None;
    }
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let name = url.host_str()?;
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_host = url.port().is_none() && url.path() == "/" && !name.is_empty();
    is_host.then(|| name.to_owned())
}

/// The path of a file:// URL, unescaped.
fn file_path(url: &str) -> Option<Vec<u8>> {
    let (scheme, rest) = url.split_once("://")?;
    let is_file = scheme.eq_ignore_ascii_case("file");
    let rest = rest
        .strip_prefix("localhost/")
        .map_or(rest.to_owned(), |rest| format!("/{rest}"));
    is_file.then(|| unescaped(&rest))
}

/// The components of an absolute path; `None` if it contains `..`.
fn components(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    let path = path.strip_prefix(b"/")?;
    let parts = path.split(|byte| *byte == b'/');
    let parts = parts.filter(|part| !part.is_empty() && *part != b".");
    parts
        .map(|part| (part != b"..").then(|| part.to_vec()))
        .collect()
}

/// Whether two URLs are equal, apart from the user name and password.
fn is_same(one: &str, other: &str) -> bool {
    if let (Some(one), Some(other)) = (file_path(one), file_path(other)) {
        let other = components(&other);
        return other.is_some() && components(&one) == other;
    }
    let read = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_fragment(None);
        let host = normal(url.host_str()?)?;
        url.set_host(Some(&host)).ok()?;
        Some(url)
    };
    let other = read(other);
    other.is_some() && read(one) == other
}

/// The default port of a URL.
fn usual_port(scheme: &str) -> Option<u16> {
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Some(443),
        "http" => Some(80),
        "ssh" | "git+ssh" | "ssh+git" => Some(22),
        "git" => Some(9418),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    fn policy(text: &str) -> Policy {
        parse(text).expect("a policy")
    }

    fn is_place(policy: &Policy, url: &str) -> bool {
        policy.allows_place(&SecretUrl::from(url)).is_ok()
    }

    #[test]
    fn hosts_are_compared_whole_and_in_every_spelling() {
        let policy = policy(
            "hosts = [\"h.example\", \"*.corp.example\", \"p.example:8443\", \"bücher.example\", \
             \"::1\", \"127.0.0.1\", \"Up.Example.\"]",
        );
        for good in [
            "https://h.example/x",
            "https://H.EXAMPLE:8080",
            "https://h.example./x",
            "https://h%2Eexample/x",
            "https://me:pw@h.example/x",
            "https://a.corp.example",
            "https://a.b.corp.example:1",
            "http://p.example:8443",
            "https://xn--bcher-kva.example",
            "https://BÜCHER.example",
            "http://[0:0:0::1]:80/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "https://up.example",
        ] {
            assert!(is_place(&policy, good), "{good}");
        }
        for bad in [
            "https://x.h.example",
            "https://h.example.evil",
            "https://corp.example",
            "https://.corp.example",
            "https://evilcorp.example",
            "https://p.example",
            "https://p.example:1",
            "https://h.example@evil.example/",
            "https://h.example:pw@evil.example/",
            "https://evil.example/@h.example",
            "https://evil.example\\@h.example",
            "https://evil.example#@h.example",
            "https://evil.example?@h.example",
            "https://h.example:pass/word@evil.example",
            "http://[::ffff:127.0.0.1]/",
            "https:/\\evil.example/",
            "h.example",
            "/srv",
            "",
        ] {
            assert!(!is_place(&policy, bad), "{bad}");
        }
        assert!(is_place(&Policy::default(), "https://anybody/"));
    }

    #[test]
    fn a_directory_counts_as_a_host() {
        let policy = policy("hosts = [\"h.example\", \"file:///srv/mirror/\"]");
        for good in [
            "file:///srv/mirror",
            "file:///srv/mirror/a%2Bb",
            "FILE:///srv//./mirror/x",
            "file://localhost/srv/mirror/x",
            "https://h.example/x",
        ] {
            assert!(is_place(&policy, good), "{good}");
        }
        for bad in [
            "file:///srv/mirror2/x",
            "file:///home/me/index",
            "file:///srv/mirror/../../home/me",
            "file:///srv/mirror/%2E%2e/x",
            "file:///srv/mirror/..%2Fx",
            "file://h.example/srv/mirror/x",
            "file://srv/mirror/x",
        ] {
            assert!(!is_place(&policy, bad), "{bad}");
        }
        assert!(is_place(&Policy::default(), "file:///x"));
    }

    #[test]
    fn a_custom_index_is_not_trusted_if_digests_are_required() {
        let (mine, ours) = ("file:///home/me/index", "https://h.example/i");
        let is_allowed = |text: &str, url: &str| {
            let url = SecretUrl::from(url);
            policy(text).allows_index(&url).is_ok()
        };
        assert!(is_allowed("hosts = [\"h.example\"]", mine));
        assert!(!is_allowed("require-digests = true", mine));
        let named = format!("require-digests = true\nindex = [\"{ours}\"]");
        for good in [ours, "https://me:pw@h.example/i", "HTTPS://H.example:443/i"] {
            assert!(is_allowed(&named, good), "{good}");
        }
        for bad in [
            mine,
            "https://h.example/t/evil/i",
            "https://h.example/i?evil",
            "https://h.example/i/",
            "http://h.example/i",
            "https://h.example:444/i",
            "https://h.example/evil#/i",
            "https://h.example/%2e%2e/j",
        ] {
            assert!(!is_allowed(&named, bad), "{bad}");
        }
        let index = SecretUrl::from(mine);
        let forbidden = policy(&named).allows_index(&index).expect_err("forbidden");
        assert_eq!(forbidden.line, 2);
        assert!(!is_allowed(&format!("index = [\"{ours}\"]"), mine));
        let directory = "index = [\"file:///srv/i\"]";
        assert!(is_allowed(directory, "file:///srv/./i"));
        assert!(!is_allowed(directory, "file:///srv/x/../i"));
    }

    #[test]
    fn the_default_port_is_known() {
        let policy = policy("hosts = [\"h.example:443\", \"*.c.example:80\", \"g.example:22\"]");
        let is_allowed = |host: &str, scheme: &str| policy.allows_host(host, scheme).is_ok();
        assert!(is_allowed("h.example", "https"));
        assert!(is_allowed("H.example.:443", "https"));
        assert!(is_allowed("a.c.example", "http"));
        assert!(is_allowed("g.example", "ssh"));
        assert!(is_allowed("G%2Eexample", "SSH"));
        assert!(is_place(&policy, "https://h.example/x"));
        assert!(!is_place(&policy, "http://h.example/x"));
        assert!(!is_allowed("h.example", "http"));
        assert!(!is_allowed("h.example:8443", "https"));
        assert!(!is_allowed("a.c.example", "https"));
        assert!(!is_allowed("h.example", "ftp"));
        assert!(!is_allowed("", "ftp"));
    }
}
