//! The order in which sources are preferred, both for installing and among installed builds.
//!
//! Set by `sources` in the settings, otherwise [`USUAL`]. Sources missing from the setting follow
//! those it lists; archives and links come last.

use crate::provider_name::{PROVIDERS, ProviderName};
use crate::settings::{self, Setting, config_file};
use std::path::Path;

/// The default order.
pub const USUAL: [ProviderName; 4] = [
    ProviderName::Pbs,
    ProviderName::Conda,
    ProviderName::Distro,
    ProviderName::Source,
];

/// The order of sources in effect for a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    named: Vec<ProviderName>,
    is_own: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            named: USUAL.to_vec(),
            is_own: false,
        }
    }
}

impl Order {
    /// Reads the order from the settings of a store. Invalid settings yield the default order:
    /// commands that modify the store report them through [`Order::parse`].
    #[must_use]
    pub fn of_store(store: &Path) -> Self {
        let text = std::fs::read_to_string(config_file(store)).unwrap_or_default();
        Self::parse(&text).unwrap_or_default()
    }

    /// Parses the order from the text of the settings.
    ///
    /// # Errors
    /// Returns the unknown or duplicate source and its line.
    pub fn parse(text: &str) -> Result<Self, (&str, usize)> {
        let Some((value, line)) = settings::find(text, Setting::Sources) else {
            return Ok(Self::default());
        };
        match settings::sources(value) {
            Ok(named) => Ok(Self {
                is_own: named != USUAL,
                named,
            }),
            Err(word) => Err((word, line)),
        }
    }

    /// The sources to query, in order of preference.
    #[must_use]
    pub fn named(&self) -> &[ProviderName] {
        &self.named
    }

    /// Whether the user set an order other than the default.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// The rank of a source; lower is preferred.
    #[must_use]
    pub fn rank(&self, provider: ProviderName) -> usize {
        let is_it = |name: &ProviderName| *name == provider;
        let named = self.named.iter().position(is_it);
        let usual = || PROVIDERS.iter().position(|(name, _)| *name == provider);
        named.unwrap_or_else(|| PROVIDERS.len() + usual().unwrap_or(PROVIDERS.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_sources_come_first_and_links_come_last() {
        let sorted = |text: &str| {
            let order = Order::parse(text).expect("an order");
            let mut all = PROVIDERS.map(|(name, _)| name);
            all.sort_by_key(|name| order.rank(*name));
            all.map(ProviderName::name).join(",")
        };
        assert_eq!(sorted(""), "pbs,conda,distro,source,archive,link");
        assert_eq!(
            sorted("sources = source,conda\n"),
            "source,conda,pbs,distro,archive,link"
        );
        assert_eq!(Order::parse("\nsources = pbs,uv"), Err(("uv", 2)));
        let is_own = |text: &str| Order::parse(text).map(|order| order.is_own()).ok();
        assert_eq!(is_own("sources = pbs,conda,distro,source"), Some(false));
        assert_eq!(is_own("sources = pbs"), Some(true));
    }
}
