//! A provider's own name for one of its builds: `20260901`, `0a1b2c3d`, `mine`.
//!
//! It is a part of a directory's name, and locks, bundles and indexes write it down for others.
//! So it is read once, into a type that can hold nothing but one plain word.

use crate::link_name::LinkName;
use crate::provider_name::ProviderName;
use std::fmt;
use std::ops::Deref;

/// The longest name of a build.
const LONGEST: usize = 40;

/// The name of a build: digits for `pbs` and `conda`, the beginning of a digest for `source`,
/// a word for `archive` and `link`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildId(String);

impl BuildId {
    /// Reads the name that a provider gives a build; `None` where that provider names none so.
    #[must_use]
    pub fn parse(provider: ProviderName, text: &str) -> Option<Self> {
        let is_valid = match provider {
            ProviderName::Archive => is_build_name(text),
            ProviderName::Link => LinkName::parse(text).is_ok_and(|name| name.as_str() == text),
            ProviderName::Source => is_recipe_digest(text),
            ProviderName::Pbs | ProviderName::Conda | ProviderName::Distro => is_number(text),
        };
        is_valid.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for BuildId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether a text may name a build of a provider that names its builds: what a file name and a
/// key can hold.
#[must_use]
pub fn is_build_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    !text.is_empty() && text.len() <= LONGEST && !text.starts_with('.') && text.chars().all(is_part)
}

/// Whether a text is what names a build from source that is not the plain one: the beginning of
/// the digest of all that was asked of it. No platform is written so.
fn is_recipe_digest(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 8 && text.bytes().all(is_digit)
}

fn is_number(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_id_is_one_plain_word() {
        for (provider, text) in [
            (ProviderName::Pbs, "20260901"),
            (ProviderName::Conda, "0"),
            (ProviderName::Source, "0a1b2c3d"),
            (ProviderName::Archive, "0a1b2c3d"),
            (ProviderName::Archive, "my_2.x"),
            (ProviderName::Link, "my_2"),
        ] {
            let read = BuildId::parse(provider, text).expect(text);
            assert_eq!(read.to_string(), text);
        }
        for provider in crate::provider_name::PROVIDERS.map(|(provider, _)| provider) {
            for text in [
                "",
                ".",
                "..",
                "x/../../y",
                "/etc",
                "a-b",
                "a\\b",
                "A",
                "a b",
                "a\0",
                "ü",
            ] {
                assert_eq!(BuildId::parse(provider, text), None, "{provider} {text:?}");
            }
        }
        assert_eq!(BuildId::parse(ProviderName::Pbs, "mine"), None);
        assert_eq!(BuildId::parse(ProviderName::Source, "12345"), None);
        assert_eq!(BuildId::parse(ProviderName::Link, &"a".repeat(41)), None);
    }
}
