//! The id a provider gives one of its builds: `20260901`, `0a1b2c3d`, `mine`.
//!
//! The id is part of a directory name, and lock files, bundles and indexes record it. It is
//! parsed once, into a type that can only hold one plain word.

use crate::link_name::LinkName;
use crate::provider_name::ProviderName;
use std::fmt;
use std::ops::Deref;

/// The maximum length of a build id.
const LONGEST: usize = 40;

/// A build id: digits for `pbs` and `conda`, a digest prefix for `source`, a word for `archive`
/// and `link`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildId(String);

impl BuildId {
    /// Parses a build id; `None` if this provider does not use ids of this form.
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

    /// The id as text.
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

/// Whether `text` is a valid build id for a provider that names its builds: it must fit in a
/// file name and in a key.
#[must_use]
pub fn is_build_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    !text.is_empty() && text.len() <= LONGEST && !text.starts_with('.') && text.chars().all(is_part)
}

/// Whether `text` is the id of a source build with non-default options: the prefix of the digest
/// of those options. No platform name has this form.
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
