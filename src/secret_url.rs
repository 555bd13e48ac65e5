//! URLs that may contain secrets. Only [`SecretUrl::expose`] returns the full text, for opening the
//! URL and deriving others from it; `Display`, `Debug` and `Serialize` leave the secrets out.

use crate::file_url::unescaped;
use ftpy_core::secret::{HIDDEN, is_misread, secrets, shown};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Shorter secrets are not replaced in messages: that would garble them and protect nothing.
const SHORTEST: usize = 3;

/// A URL, or a name or path in a place where a URL may be given.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// The full text: never display or store it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is a file:// URL.
    #[must_use]
    pub fn is_file(&self) -> bool {
        scheme_of(&self.0).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file"))
    }

    /// The URL of something below this one: `https://h/a` and `b/c` give `https://h/a/b/c`.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        // A query applies to every file, because it holds the signature.
        let (base, query) = match self.0.find('?').filter(|_| !self.is_file()) {
            Some(at) => self.0.split_at(at),
            None => (self.0.as_str(), ""),
        };
        Self(format!("{}/{below}{query}", base.trim_end_matches('/')))
    }

    /// The displayed URL as a `SecretUrl`, for data that is stored and read again.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self(self.to_string())
    }

    /// Why it cannot be opened: an unescaped password would be taken for a host.
    #[must_use]
    pub fn misread(&self) -> Option<String> {
        is_misread(&self.0).then(|| {
            let escapes = "write `/`, `?`, `#` and `@` in a password as %2F, %3F, %23 and %40";
            format!("{self} is not a URL: {escapes}")
        })
    }

    /// Whether part of it is hidden.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        shown(&self.0) != self.0
    }

    /// Removes this URL's secrets from a text, in escaped and unescaped form: error messages quote
    /// URLs partially or with other escapes.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets() {
            text = text.replace(&secret, HIDDEN);
        }
        text
    }

    /// The secrets in escaped and unescaped form, longest first.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut found = Vec::new();
        for written in secrets(&self.0) {
            found.push(String::from_utf8_lossy(&unescaped(written)).into_owned());
            found.push(written.to_owned());
        }
        // A parser may escape other characters than the user did.
        if let Ok(url) = reqwest::Url::parse(&self.0) {
            found.extend(url.password().map(str::to_owned));
        }
        found.retain(|secret| secret.len() >= SHORTEST);
        found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.dedup();
        found
    }
}

/// The text before `://`.
fn scheme_of(text: &str) -> Option<&str> {
    text.split_once("://").map(|(scheme, _)| scheme)
}

impl From<String> for SecretUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&shown(&self.0), f)
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_expose_returns_the_secret() {
        for url in [
            "https://me:s3cret@h.example/x",
            "https://s3cret@h.example/x",
            "https://me:/?#s3cret@h.example/x",
            "https://h.example/t/s3cret/x",
            "https://h.example/x?X-Amz-Signature=s3cret&a=b",
            "me:s3cret@proxy:3128",
        ] {
            let url = SecretUrl::from(url);
            let texts = [
                url.to_string(),
                format!("{url:?}"),
                serde_json::to_string(&url).expect("a string"),
                url.without_secrets().expose().to_owned(),
                url.join("s.txt").to_string(),
                url.scrub(&format!("cannot open {}", url.expose())),
            ];
            assert!(
                texts.iter().all(|text| !text.contains("s3cret")),
                "{texts:?}"
            );
            assert!(url.expose().contains("s3cret") && url.has_secrets());
        }
        assert!(!SecretUrl::from("https://h.example/x").has_secrets());
    }

    #[test]
    fn a_message_is_scrubbed_in_every_spelling() {
        let url = SecretUrl::from("https://me:p%40ss word@h.example/x");
        let text = "no https://me:p%40ss%20word@h.example/x, me:p@ss word, p%40ss word";
        let scrubbed = url.scrub(text);
        assert!(
            !scrubbed.contains("ss word") && !scrubbed.contains("ss%20"),
            "{scrubbed}"
        );
    }

    #[test]
    fn a_derived_url_keeps_its_secret() {
        let url = SecretUrl::from("https://me:pw@h/a/");
        assert_eq!(url.join("b/c").expose(), "https://me:pw@h/a/b/c");
        let signed = SecretUrl::from("https://h/a?sig=x");
        assert_eq!(signed.join("b").expose(), "https://h/a/b?sig=x");
        assert!(SecretUrl::from("FILE:///x").is_file());
        assert!(!SecretUrl::from("/x").is_file());
    }
}
