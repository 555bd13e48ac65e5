//! The request type, its canonical text, and which builds satisfy it. Parsing is in
//! [`parse`](crate::parse); selecting among builds is elsewhere.

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

/// A request. Its `Display` is the canonical form, which [`parse`](crate::parse::parse) parses
/// back to the same value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// `system`: the next Python on PATH.
    System,
    /// `./cpython-3.14.7....tar.zst`, `https://...#sha256=...`
    Archive(Archive),
    /// `mine`: the interpreter that `ftpy link` registered under this name. Only the store knows
    /// whether it exists.
    Name(LinkName),
    /// `3.14t`, `pbs:>=3.13t`, `3.14.7t-pbs-20260901`
    Build(BuildRequest),
}

/// An archive named by path or URL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Archive {
    /// The path or URL, without the fragment.
    pub location: String,
    /// The digest given as `#sha256=`: 64 lower-case hexadecimal digits.
    pub sha256: Option<String>,
}

/// A request for builds with certain properties.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// `pbs:`, if given.
    pub provider: Option<ProviderName>,
    /// `3.14`, `>=3.13`
    pub versions: Versions,
    /// `t`, `d`. Always matched exactly.
    pub abi: Abi,
    /// `+tsan`. Always matched exactly.
    pub flavours: Flavours,
    /// `-dev`: pre-releases are preferred like releases.
    pub prereleases: bool,
    /// `-linux-x86_64-gnu`; omitted parts are the host's.
    pub target: TargetRequest,
    /// `20260901`: this build of the provider only.
    pub build_id: Option<BuildId>,
}

/// The versions that a request allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Versions {
    /// `3.14`
    Partial(Partial),
    /// `>=3.13,<3.15`
    Range(Range),
}

/// One distinct CPython build, offered by a provider or installed.
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
    /// Returns `3.14.7t+tsan`: the build without its platform.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}{}", self.version, self.abi, self.flavours)
    }
}

impl Versions {
    /// Whether `version` is allowed; pre-releases are not treated specially.
    #[must_use]
    pub fn cover(&self, version: &Version) -> bool {
        match self {
            Self::Partial(partial) => partial.covers(version),
            Self::Range(range) => range.covers(version),
        }
    }

    /// Whether a pre-release is named, so that it is not just a last resort.
    #[must_use]
    pub fn name_prerelease(&self) -> bool {
        match self {
            Self::Partial(partial) => partial.stage.is_some_and(|stage| stage != Stage::Final),
            Self::Range(range) => range.names_prerelease(),
        }
    }

    /// Whether exactly one version is allowed, so no other patch can replace it.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        match self {
            Self::Partial(partial) => partial.patch.is_some(),
            Self::Range(range) => range.names_one(),
        }
    }
}

impl BuildRequest {
    /// Makes a request for versions of one ABI, with everything else open.
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

    /// Whether `build` matches. Its source is ignored, and a pre-release counts as a match:
    /// preferring releases is left to the selection.
    #[must_use]
    pub fn matches(&self, build: &Build) -> bool {
        self.abi == build.abi
            && self.flavours == build.flavours
            && self.versions.cover(&build.version)
            && self.target.covers(&build.target)
    }

    /// Whether pre-releases compete with releases rather than being a last resort.
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
    /// Displays without the secrets that a URL may contain.
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
    /// Displays as `[provider:]3.14t[+flavour][-dev]`; with a platform in uv's form,
    /// `cpython-3.14+freethreaded-linux-x86_64-gnu`; with a build as the beginning of its key,
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
