//! What a person types or pins, as a type; its one canonical text; which builds meet it.
//! Reading text is [`parse`](crate::parse)'s work, choosing among builds is not done here.

use crate::abi::Abi;
use crate::build_id::BuildId;
use crate::flavour::Flavours;
use crate::link_name::LinkName;
use crate::provider_name::ProviderName;
use crate::range::Range;
use crate::secret::shown;
use crate::target::{Target, TargetRequest};
use crate::version::{Partial, Stage, Version};
use std::fmt;

/// A request. Its `Display` is the canonical form, which [`parse`](crate::parse::parse)
/// reads back to the same value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// `system`: the next Python on PATH.
    System,
    /// `./cpython-3.14.7....tar.zst`, `https://...#sha256=...`
    Archive(Archive),
    /// `mine`: the interpreter that `ftpy link` gave this name. Whether there is one, only the
    /// store knows.
    Name(LinkName),
    /// `3.14t`, `pbs:>=3.13t`, `3.14.7t-pbs-20260901`
    Build(BuildRequest),
}

/// An archive that the person names instead of a version.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Archive {
    /// A path or a URL, without the fragment.
    pub location: String,
    /// The digest given behind `#sha256=`: 64 lower-case hexadecimal digits.
    pub sha256: Option<String>,
}

/// A request for builds by what they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// `pbs:`; any if not given.
    pub provider: Option<ProviderName>,
    /// `3.14`, `>=3.13`
    pub versions: Versions,
    /// `t`, `d`. Always exact: a variant is never crossed.
    pub abi: Abi,
    /// `+tsan`. Always exact, too.
    pub flavours: Flavours,
    /// `-dev`: pre-releases count as much as releases.
    pub prereleases: bool,
    /// `-linux-x86_64-gnu`; the host's where left open.
    pub target: TargetRequest,
    /// `20260901`: exactly this build of the provider.
    pub build_id: Option<BuildId>,
}

/// The versions that a request admits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Versions {
    /// `3.14`
    Partial(Partial),
    /// `>=3.13,<3.15`
    Range(Range),
}

/// One distinct CPython: what providers offer and what is installed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Build {
    /// `3.14.7`
    pub version: Version,
    /// `t`
    pub abi: Abi,
    /// `+tsan`
    pub flavours: Flavours,
    /// `linux-x86_64-gnu`
    pub target: Target,
}

impl Build {
    /// `3.14.7t+tsan`: the build without its platform.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}{}", self.version, self.abi, self.flavours)
    }
}

impl Versions {
    /// Whether `version` is admitted, pre-release or not.
    #[must_use]
    pub fn cover(&self, version: &Version) -> bool {
        match self {
            Self::Partial(partial) => partial.covers(version),
            Self::Range(range) => range.covers(version),
        }
    }

    /// Whether a pre-release is named, so that it need not be the last resort.
    #[must_use]
    pub fn name_prerelease(&self) -> bool {
        match self {
            Self::Partial(partial) => partial.stage.is_some_and(|stage| stage != Stage::Final),
            Self::Range(range) => range.names_prerelease(),
        }
    }

    /// Whether exactly one version is admitted: then no other patch may stand in for it.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Partial(partial) if partial.patch.is_some())
    }
}

impl BuildRequest {
    /// A request for versions of one ABI, all else left open.
    #[must_use]
    pub fn of(versions: Versions, abi: Abi) -> Self {
        Self {
            provider: None,
            versions,
            abi,
            flavours: Flavours::default(),
            prereleases: false,
            target: TargetRequest::default(),
            build_id: None,
        }
    }

    /// Whether `build` is one of those asked for. Where it comes from is not looked at, and a
    /// pre-release counts as a match: preferring releases is the choice, not the match.
    #[must_use]
    pub fn matches(&self, build: &Build) -> bool {
        self.abi == build.abi
            && self.flavours == build.flavours
            && self.versions.cover(&build.version)
            && self.target.covers(&build.target)
    }

    /// Whether pre-releases compete with releases, rather than only stand in for them.
    #[must_use]
    pub fn wants_prereleases(&self) -> bool {
        self.prereleases || self.versions.name_prerelease()
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partial(partial) => partial.fmt(f),
            Self::Range(range) => range.fmt(f),
        }
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Archive {
    /// Without the secrets that a URL may hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.location))?;
        match &self.sha256 {
            Some(sha256) => write!(f, "#sha256={sha256}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Archive(archive) => archive.fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Build(build) => build.fmt(f),
        }
    }
}

impl fmt::Display for BuildRequest {
    /// `[provider:]3.14t[+flavour][-dev]`; with a platform in uv's form,
    /// `cpython-3.14+freethreaded-linux-x86_64-gnu`; with a build as its key begins,
    /// `3.14.7t-pbs-20260901`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            versions, flavours, ..
        } = self;
        if let (Some(provider), Some(build_id)) = (self.provider, &self.build_id) {
            return write!(
                f,
                "{versions}{}{flavours}-{provider}-{build_id}{}",
                self.abi, self.target
            );
        }
        if let Some(provider) = self.provider {
            write!(f, "{provider}:")?;
        }
        let dev = if self.prereleases { "-dev" } else { "" };
        if self.target.is_open() {
            return write!(f, "{versions}{}{flavours}{dev}", self.abi);
        }
        let threading = if self.abi.is_free_threaded() {
            "+freethreaded"
        } else {
            ""
        };
        let debug = if self.abi.debug { "+debug" } else { "" };
        write!(
            f,
            "cpython-{versions}{threading}{debug}{flavours}{dev}{}",
            self.target
        )
    }
}
