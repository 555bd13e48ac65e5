//! Known facts about releases: each minor's lifecycle, and builds that must not be selected.
//! `manifests/releases.toml`.

use ftpy_core::key::build_rank;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::version::Version;
use serde::Deserialize;
use std::sync::LazyLock;

/// The embedded table.
pub const EMBEDDED: &str = include_str!("../../manifests/releases.toml");

/// `manifests/releases.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// One entry per minor version.
    minor: Vec<Minor>,
    /// Builds that are not selected unless requested exactly.
    known_bad: Vec<KnownBad>,
}

/// The lifecycle of one minor version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minor {
    /// `3.13`
    pub version: String,
    /// The state of free threading.
    pub free_threading: Support,
    /// A note shown when a free-threaded build is installed.
    pub note: Option<String>,
    /// The month in which upstream's support ends: `2029-10`.
    pub end_of_life: String,
    /// The evidence.
    pub source: String,
}

/// Upstream's support for free threading in a minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// Not available.
    None,
    /// Experimental: PEP 703's first phase.
    Experimental,
    /// Officially supported: PEP 779.
    Supported,
}

/// A build that must not be selected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownBad {
    /// Only this version.
    version: Option<String>,
    /// Only from this provider.
    provider: Option<String>,
    /// Only this build of the provider.
    build: Option<String>,
    /// Only builds of the provider before this one.
    build_before: Option<String>,
    /// Only on this operating system.
    os: Option<String>,
    /// Only for this libc.
    libc: Option<String>,
    /// Only these variants: `t`, `gil`.
    threading: Option<String>,
    /// What is wrong with it, as the end of a sentence.
    pub reason: String,
    /// The evidence.
    pub source: String,
}

static RELEASES: LazyLock<Releases> =
    LazyLock::new(|| toml::from_str(EMBEDDED).expect("a test reads the embedded table"));

/// The lifecycles of all minor versions.
#[must_use]
pub fn minors() -> &'static [Minor] {
    &RELEASES.minor
}

/// The lifecycle of a version.
#[must_use]
pub fn minor(version: &Version) -> Option<&'static Minor> {
    let series = format!("{}.{}", version.major, version.minor);
    RELEASES.minor.iter().find(|minor| minor.version == series)
}

/// Why a build must not be selected, if so.
#[must_use]
pub fn known_bad(
    build: &Build,
    provider: ProviderName,
    build_id: Option<&str>,
) -> Option<&'static KnownBad> {
    RELEASES
        .known_bad
        .iter()
        .find(|bad| bad.applies(build, provider, build_id))
}

impl KnownBad {
    fn applies(&self, build: &Build, provider: ProviderName, build_id: Option<&str>) -> bool {
        let agrees = |limit: &Option<String>, value: &str| {
            limit.as_deref().is_none_or(|limit| limit == value)
        };
        let threading = if build.abi.is_free_threaded() {
            "t"
        } else {
            "gil"
        };
        agrees(&self.version, &build.version.to_string())
            && agrees(&self.provider, provider.name())
            && agrees(&self.os, &build.target.os)
            && agrees(&self.libc, &build.target.libc)
            && agrees(&self.threading, threading)
            && (self.build.is_none() || self.build.as_deref() == build_id)
            && self.build_before.as_deref().is_none_or(|limit| {
                build_id.is_some_and(|build| build_rank(Some(build)) < build_rank(Some(limit)))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftpy_core::abi::Abi;
    use ftpy_core::flavour::Flavours;
    use ftpy_core::target::Target;

    #[test]
    fn every_row_is_complete() {
        let releases: Releases = toml::from_str(EMBEDDED).expect("releases.toml");
        for minor in &releases.minor {
            let (version, rest) = ftpy_core::version::split_version(&minor.version).expect("minor");
            assert!(rest.is_empty() && version.patch.is_none(), "{minor:?}");
            assert_eq!(minor.end_of_life.len(), 7, "{minor:?}");
            assert!(!minor.source.is_empty());
            let exists = version.minor >= Some(13);
            assert_eq!(exists, minor.free_threading != Support::None, "{minor:?}");
        }
        for bad in &releases.known_bad {
            assert!(!bad.reason.is_empty() && !bad.source.is_empty());
            let narrows = [&bad.version, &bad.build, &bad.build_before];
            assert!(
                narrows.iter().any(|limit| limit.is_some()),
                "{bad:?} matches everything"
            );
            let provider = bad.provider.as_deref();
            assert!(provider.is_none_or(|name| ProviderName::from_name(name).is_some()));
        }
    }

    #[test]
    fn known_bad_builds_are_recognised() {
        let build = |os: &str, libc: &str| Build {
            version: "3.13.4".parse().expect("version"),
            abi: Abi::FREE_THREADED,
            flavours: Flavours::default(),
            target: Target::new(os, "x86_64", libc),
        };
        let pbs = ProviderName::Pbs;
        assert!(known_bad(&build("windows", "none"), pbs, Some("20250604")).is_some());
        assert!(known_bad(&build("linux", "gnu"), pbs, Some("20250604")).is_none());
        assert!(known_bad(&build("linux", "gnu"), pbs, Some("20260310")).is_some());
        assert!(known_bad(&build("linux", "musl"), pbs, Some("20250301")).is_some());
        assert!(known_bad(&build("linux", "musl"), ProviderName::Source, None).is_none());
    }
}
