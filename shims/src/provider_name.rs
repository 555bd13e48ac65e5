//! The names of the sources.

use std::fmt;

/// A source of builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderName {
    /// `pbs`: archives of python-build-standalone.
    Pbs,
    /// `conda`: packages of a conda channel.
    Conda,
    /// `distro`: packages of the operating system.
    Distro,
    /// `source`: compiled on this machine.
    Source,
    /// `archive`: an archive that the user named and no index lists.
    Archive,
    /// `link`: an existing interpreter, registered in place.
    Link,
}

/// The sources in their default order.
pub const PROVIDERS: [(ProviderName, &str); 6] = [
    (ProviderName::Pbs, "pbs"),
    (ProviderName::Conda, "conda"),
    (ProviderName::Distro, "distro"),
    (ProviderName::Source, "source"),
    (ProviderName::Archive, "archive"),
    (ProviderName::Link, "link"),
];

impl ProviderName {
    /// Parses `pbs`, `conda`, `distro` or `source`, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = PROVIDERS
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name));
        found.map(|(provider, _)| *provider)
    }

    /// Whether its builds are *external*: their files do not belong to ftpy.
    #[must_use]
    pub fn is_external(self) -> bool {
        matches!(self, Self::Distro | Self::Link)
    }

    /// Whether its builds have names instead of numbers: `3.14.7t-link-mine`.
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
