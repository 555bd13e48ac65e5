//! What the rules say of places: hosts, directories that stand for one, lists of builds. Pure.

use crate::policy::{Forbidden, Policy};

impl Policy {
    /// Whether a host may be connected to; its port may stand behind it. Else it is the scheme's
    /// own, if that is known.
    ///
    /// # Errors
    /// Where it may not.
    pub fn allows_host(&self, host: &str, scheme: Option<&str>) -> Result<(), Forbidden> {
        let Some(allowed) = &self.hosts else {
            return Ok(());
        };
        let wanted = host.to_ascii_lowercase();
        let (name, port) = split_port(&wanted);
        let port = port.or_else(|| usual_port(scheme?));
        let covers = |rule: &String| {
            let (rule, only) = split_port(rule);
            let is_name = match rule.strip_prefix("*.") {
                Some(domain) => name
                    .strip_suffix(domain)
                    .is_some_and(|sub| sub.ends_with('.')),
                None => rule == name,
            };
            is_name && (only.is_none() || only == port)
        };
        match allowed.rule.iter().any(covers) {
            true => Ok(()),
            false => Err(Forbidden {
                what: host.to_owned(),
                line: allowed.line,
            }),
        }
    }

    /// Whether a list of builds may be used that is neither ftpy's own nor upstream's: what is in
    /// it is believed, digests above all. `url` is without a password.
    ///
    /// # Errors
    /// Where it may not.
    pub fn allows_index(&self, url: &str) -> Result<(), Forbidden> {
        let line = match (&self.indexes, &self.requires_digests) {
            (Some(indexes), _) if indexes.rule.iter().any(|one| one == url) => return Ok(()),
            (Some(indexes), _) => indexes.line,
            (None, Some(required)) => required.line,
            (None, None) => return Ok(()),
        };
        Err(Forbidden {
            what: format!("the list of builds at {url}"),
            line,
        })
    }

    /// Whether a place may be asked: a host, or a directory that stands for one.
    ///
    /// # Errors
    /// Where it may not.
    pub fn allows_place(&self, url: &str) -> Result<(), Forbidden> {
        match url.split_once("://") {
            None => Ok(()),
            Some(("file", path)) => self.allows_file(url, path),
            Some((scheme, _)) => self.allows_host(host_of(url), Some(scheme)),
        }
    }

    /// A directory has to be named as a host has to.
    fn allows_file(&self, url: &str, path: &str) -> Result<(), Forbidden> {
        let Some(allowed) = &self.hosts else {
            return Ok(());
        };
        let covers = |rule: &String| {
            let rest = rule
                .strip_prefix("file://")
                .and_then(|rule| path.strip_prefix(rule));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match !is_evasive(path) && allowed.rule.iter().any(covers) {
            true => Ok(()),
            false => Err(Forbidden {
                what: url.to_owned(),
                line: allowed.line,
            }),
        }
    }
}

/// Whether a path may lead elsewhere than it says.
pub(super) fn is_evasive(path: &str) -> bool {
    let path = path
        .to_ascii_lowercase()
        .replace("%2e", ".")
        .replace("%2f", "/");
    path.split('/').any(|part| part == "..")
}

/// `h:1` of `https://me:pw@h:1/x`. Who opens the URL asks again, by its own reading of it.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

/// `h` and `1` of `h:1`; `[::1]` and `1` of `[::1]:1`.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

/// The port that a URL without one means.
fn usual_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        "https" => Some("443"),
        "http" => Some("80"),
        "ssh" | "git+ssh" => Some("22"),
        "git" => Some("9418"),
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

    #[test]
    fn hosts_are_compared_whole() {
        let policy = policy("hosts = [\"h.example\", \"*.corp.example\", \"p.example:8443\"]");
        for good in [
            "h.example",
            "H.EXAMPLE:8080",
            "a.corp.example",
            "a.b.corp.example:1",
            "p.example:8443",
        ] {
            assert_eq!(policy.allows_host(good, None), Ok(()), "{good}");
        }
        for bad in [
            "x.h.example",
            "h.example.evil",
            "corp.example",
            "evilcorp.example",
            "p.example",
            "p.example:1",
            "",
        ] {
            let forbidden = policy.allows_host(bad, Some("https")).expect_err(bad);
            assert_eq!(forbidden.line, 1);
        }
        assert_eq!(Policy::default().allows_host("anybody", None), Ok(()));
    }

    #[test]
    fn a_directory_counts_as_a_host_does() {
        let policy = policy("hosts = [\"h.example\", \"file:///srv/mirror/\"]");
        for good in [
            "file:///srv/mirror",
            "file:///srv/mirror/a%2Bb",
            "https://h.example/x",
        ] {
            assert_eq!(policy.allows_place(good), Ok(()), "{good}");
        }
        for bad in [
            "file:///srv/mirror2/x",
            "file:///home/me/index",
            "file:///srv/mirror/../../home/me",
            "file:///srv/mirror/%2E%2e/x",
            "file:///srv/mirror/..%2Fx",
        ] {
            assert!(policy.allows_place(bad).is_err(), "{bad}");
        }
        assert_eq!(Policy::default().allows_place("file:///x"), Ok(()));
    }

    #[test]
    fn an_index_of_ones_own_names_no_digests_where_they_are_required() {
        let (mine, ours) = ("file:///home/me/index", "https://h.example/i");
        let is_allowed = |text: &str, url: &str| policy(text).allows_index(url).is_ok();
        assert!(is_allowed("hosts = [\"h.example\"]", mine));
        assert!(!is_allowed("require-digests = true", mine));
        let named = format!("require-digests = true\nindex = [\"{ours}\"]");
        assert!(is_allowed(&named, ours));
        assert!(!is_allowed(&named, mine));
        let forbidden = policy(&named).allows_index(mine).expect_err("forbidden");
        assert_eq!(forbidden.line, 2);
        assert!(!is_allowed(&format!("index = [\"{ours}\"]"), mine));
    }

    #[test]
    fn a_port_that_goes_without_saying_is_known() {
        let policy = policy("hosts = [\"h.example:443\", \"*.c.example:80\", \"g.example:22\"]");
        let is_allowed = |host: &str, scheme: &str| policy.allows_host(host, Some(scheme)).is_ok();
        assert!(is_allowed("h.example", "https"));
        assert!(is_allowed("H.example:443", "https"));
        assert!(is_allowed("a.c.example", "http"));
        assert!(is_allowed("g.example", "ssh"));
        assert!(!is_allowed("h.example", "http"));
        assert!(!is_allowed("h.example:8443", "https"));
        assert!(!is_allowed("a.c.example", "https"));
        assert!(!is_allowed("h.example", "ftp"));
    }
}
