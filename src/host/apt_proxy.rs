//! The proxies configured for apt in `/etc/apt/apt.conf` and `/etc/apt/apt.conf.d`.
//!
//! Format, apt.conf(5): `Acquire::http::Proxy "http://proxy:3128";`, or the same in nested braces;
//! `//`, `/* */` and lines starting with `#` are comments. The last setting of a name wins, and
//! names are case-insensitive. `DIRECT` means no proxy. A program that detects the proxy
//! (`Proxy-Auto-Detect`) is not run.

use crate::host::plain_file;
use std::collections::BTreeMap;
use std::path::Path;

/// apt's proxy settings by full name in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AptProxies(BTreeMap<String, String>);

/// apt's setting for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way<'a> {
    /// Not set: the environment decides.
    Unset,
    /// `DIRECT`
    Direct,
    /// Through the proxy at this URL.
    Through(&'a str),
}

/// Reads apt's settings below `root`, in apt's order.
#[must_use]
pub fn read(root: &Path) -> AptProxies {
    let apt = root.join("etc/apt");
    let mut files = Vec::new();
    if let Ok(directory) = std::fs::read_dir(apt.join("apt.conf.d")) {
        files.extend(directory.flatten().map(|entry| entry.path()));
        files.retain(|path| is_read_by_apt(path));
        files.sort();
    }
    files.push(apt.join("apt.conf"));
    let mut found = AptProxies::default();
    for file in files {
        if let Ok(bytes) = plain_file::read(&file) {
            found.add(&String::from_utf8_lossy(&bytes));
        }
    }
    found
}

impl AptProxies {
    /// Whether apt has no proxy settings at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The setting for a host over `http` or `https`; https falls back to the settings of http.
    #[must_use]
    pub fn way(&self, scheme: &str, host: &str) -> Way<'_> {
        let schemes: &[&str] = match scheme {
            "https" => &["https", "http"],
            _ => &["http"],
        };
        let host = host.to_ascii_lowercase();
        let of_host = schemes
            .iter()
            .map(|scheme| format!("acquire::{scheme}::proxy::{host}"));
        let of_all = schemes
            .iter()
            .map(|scheme| format!("acquire::{scheme}::proxy"));
        let mut values = of_host.chain(of_all).filter_map(|name| self.0.get(&name));
        match values.find(|value| !value.is_empty()).map(String::as_str) {
            None => Way::Unset,
            Some(value) if value.eq_ignore_ascii_case("DIRECT") => Way::Direct,
            Some(value) => Way::Through(value),
        }
    }

    fn add(&mut self, text: &str) {
        let mut scopes: Vec<String> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for token in tokens(text) {
            match token {
                Token::Word(word) => words.push(word),
                Token::Open => {
                    scopes.push(words.join("::").to_ascii_lowercase());
                    words.clear();
                }
                Token::Close => {
                    scopes.pop();
                    words.clear();
                }
                Token::End => {
                    if let [name, value] = words.as_slice() {
                        let above = scopes.iter().filter(|scope| !scope.is_empty());
                        let name = name.to_ascii_lowercase();
                        let parts: Vec<&str> =
                            above.map(String::as_str).chain([name.as_str()]).collect();
                        let name = parts.join("::");
                        if name.starts_with("acquire::http") && name.contains("::proxy") {
                            self.0.insert(name, value.clone());
                        }
                    }
                    words.clear();
                }
            }
        }
    }
}

/// apt skips files that an editor or dpkg creates next to a file.
fn is_read_by_apt(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".conf").unwrap_or(&name);
    !stem.is_empty()
        && stem
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
}

#[derive(Debug)]
enum Token {
    Word(String),
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut is_line_start = true;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let is_comment = rest.starts_with("//") || (is_line_start && character == '#');
        is_line_start = character == '\n' || (is_line_start && character.is_whitespace());
        rest = match character {
            _ if is_comment => rest.find('\n').map_or("", |end| &rest[end..]),
            _ if rest.starts_with("/*") => rest.find("*/").map_or("", |end| &rest[end + 2..]),
            '{' | '}' | ';' => {
                found.push(match character {
                    '{' => Token::Open,
                    '}' => Token::Close,
                    _ => Token::End,
                });
                after
            }
            '"' => {
                let end = after.find('"').unwrap_or(after.len());
                found.push(Token::Word(after[..end].to_owned()));
                after.get(end + 1..).unwrap_or("")
            }
            _ if character.is_whitespace() => after,
            _ => {
                let is_end = |c: char| c.is_whitespace() || "{};\"".contains(c);
                let end = rest.find(is_end).unwrap_or(rest.len());
                found.push(Token::Word(rest[..end].to_owned()));
                &rest[end..]
            }
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(text: &str) -> AptProxies {
        let mut found = AptProxies::default();
        found.add(text);
        found
    }

    #[test]
    fn every_syntax_of_a_proxy_is_parsed() {
        let expected = Way::Through("http://p.example:3142");
        for text in [
            "Acquire::http::Proxy \"http://p.example:3142\";",
            "acquire::HTTP::proxy http://p.example:3142;",
            "// Acquire::http::Proxy \"http://x\";\n# more\nAcquire { http { Proxy \"http://p.example:3142\"; }; };",
            "Acquire::http { Proxy \"http://x\"; /* no */ Proxy \"http://p.example:3142\"; }",
            "APT::Install-Recommends \"0\";\nAcquire::http\n{\n  Proxy \"http://p.example:3142\";\n};\n",
        ] {
            assert_eq!(proxies(text).way("http", "m.example"), expected, "{text}");
            assert_eq!(proxies(text).way("https", "m.example"), expected, "{text}");
        }
        assert_eq!(proxies("").way("http", "m.example"), Way::Unset);
        assert!(proxies("Acquire::Retries 3; APT { List { \"a\"; }; };").is_empty());
    }

    #[test]
    fn a_host_may_have_its_own_proxy_or_none() {
        let found = proxies(
            "Acquire::http::Proxy \"http://p:1\";\nAcquire::http::Proxy::Local.example DIRECT;\n\
             Acquire::https::Proxy \"https://q:2\";\nAcquire::http::Proxy { other.example \"http://r:3\"; };",
        );
        assert_eq!(found.way("http", "local.example"), Way::Direct);
        assert_eq!(found.way("http", "x.example"), Way::Through("http://p:1"));
        assert_eq!(found.way("https", "x.example"), Way::Through("https://q:2"));
        assert_eq!(
            found.way("http", "other.example"),
            Way::Through("http://r:3")
        );
    }

    #[test]
    fn files_are_read_in_apts_order_without_backups() {
        let root = tempfile::tempdir().expect("tempdir");
        let parts = root.path().join("etc/apt/apt.conf.d");
        std::fs::create_dir_all(&parts).expect("mkdir");
        let line = |host: &str| format!("Acquire::http::Proxy \"http://{host}\";\n");
        std::fs::write(parts.join("01proxy"), line("a")).expect("write");
        std::fs::write(parts.join("50proxy.conf"), line("b")).expect("write");
        std::fs::write(parts.join("99proxy.dpkg-old"), line("c")).expect("write");
        assert_eq!(read(root.path()).way("http", "h"), Way::Through("http://b"));
        std::fs::write(root.path().join("etc/apt/apt.conf"), line("d")).expect("write");
        assert_eq!(read(root.path()).way("http", "h"), Way::Through("http://d"));
    }
}
