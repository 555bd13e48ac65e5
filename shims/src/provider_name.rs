//! The names of the sources that builds come from.

use std::fmt;

/// Where builds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderName {
    /// `pbs`: archives of python-build-standalone.
    Pbs,
    /// `conda`: packages of a conda channel.
    Conda,
    /// `distro`: packages of the operating system's distributor.
    Distro,
    /// `source`: compiled here.
    Source,
    /// `archive`: an archive that the person named, and that no index knows.
    Archive,
    /// `link`: an interpreter that was there, recorded and never moved.
    Link,
}

/// In the order in which they are asked.
pub const PROVIDERS: [(ProviderName, &str); 6] = [
    (ProviderName::Pbs, "pbs"),
    (ProviderName::Conda, "conda"),
    (ProviderName::Distro, "distro"),
    (ProviderName::Source, "source"),
    (ProviderName::Archive, "archive"),
    (ProviderName::Link, "link"),
];

impl ProviderName {
    /// Reads `pbs`, `conda`, `distro`, `source`, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = PROVIDERS
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(provider, _)| *provider)
    }

    /// Whether its builds are *external*: files that ftpy does not own.
    #[must_use]
    pub fn is_external(self) -> bool {
        matches!(self, Self::Distro | Self::Link)
    }

    /// Whether its builds have names rather than numbers: `3.14.7t-link-mine`.
    #[must_use]
    pub fn has_named_builds(self) -> bool {
        matches!(self, Self::Archive | Self::Link)
    }

    /// `pbs`
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = PROVIDERS.iter().find(|(provider, _)| *provider == self);
        found.map_or("", |(_, name)| name)
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
