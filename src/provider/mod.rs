//! The sources of builds. A provider only turns the bytes of its index into candidates: it reads
//! nothing, downloads nothing and chooses nothing.
//!
//! A candidate is complete, so executing it does not involve the provider.

mod compilation;
#[cfg(feature = "conda")]
mod conda;
mod distro;
mod pbs;
mod source;

pub use compilation::compilation;
#[cfg(feature = "conda")]
pub use conda::{Conda, Interpreter, subdir as conda_subdir};
pub use distro::{Distro, covers};
pub use pbs::Pbs;
pub use source::{Source, can_build};

use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use crate::store::{Compilation, Package};
use ftpy_core::build_id::BuildId;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Build, BuildRequest};
use ftpy_core::target::Target;
use serde::Serialize;

/// The prefix for which builds are made, by python-build-standalone and by ftpy.
pub const BUILD_PREFIX: &str = "/install";

/// A request for a machine.
#[derive(Debug, Clone)]
pub struct Query {
    /// The request, as typed or pinned.
    pub request: BuildRequest,
    /// The machine that ftpy runs on.
    pub host: Target,
    /// The machine that the build is for: the host, unless the request says otherwise.
    pub target: Target,
}

impl Query {
    /// Returns a request for this host.
    #[must_use]
    pub fn new(request: BuildRequest, host: &Target) -> Self {
        Self {
            target: request.target.or_host(host),
            host: host.clone(),
            request,
        }
    }
}

/// A source of builds.
pub trait Provider {
    /// The provider's name.
    fn name(&self) -> ProviderName;

    /// Returns every build that matches the query, in no particular order.
    fn candidates(&self, query: &Query) -> Offer;
}

/// A provider's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The provider.
    pub provider: ProviderName,
    /// The builds that match the query.
    pub candidates: Vec<Candidate>,
    /// Why there are no others: a sentence each.
    pub rejections: Vec<String>,
}

/// A build that matches a query, as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its provider.
    #[serde(serialize_with = "as_text")]
    pub provider: ProviderName,
    /// `3.14.7t`
    #[serde(serialize_with = "as_name")]
    pub build: Build,
    /// The provider's build id: `20260901`.
    #[serde(serialize_with = "as_build_id")]
    pub build_id: Option<BuildId>,
    /// What ftpy has to download; `None` if a package manager does that.
    pub archive: Option<Archive>,
    /// How to install it.
    pub recipe: Recipe,
}

impl Candidate {
    /// Returns the name of the download; empty if there is none.
    #[must_use]
    pub fn file(&self) -> &str {
        self.archive.as_ref().map_or("", |archive| &archive.file)
    }

    /// Returns the URLs of the download, the best first.
    #[must_use]
    pub fn urls(&self) -> &[SecretUrl] {
        self.archive.as_ref().map_or(&[], |archive| &archive.urls)
    }

    /// Returns the digest of the download; `None` if it is unknown or there is no download.
    #[must_use]
    pub fn sha256(&self) -> Option<Digest> {
        self.archive.as_ref()?.sha256
    }

    /// Returns the first file without a known digest. Package managers verify their own downloads.
    #[must_use]
    pub fn unverified(&self) -> Option<&str> {
        let of_packages = match &self.recipe {
            Recipe::Conda { packages } => packages
                .iter()
                .find(|package| package.sha256.is_none())
                .map(|package| package.file.as_str()),
            Recipe::Unpack { .. } | Recipe::Compile(_) | Recipe::Packages(_) => None,
        };
        let archive = self.archive.as_ref()?;
        of_packages.or_else(|| archive.sha256.is_none().then_some(archive.file.as_str()))
    }
}

/// Something to download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archive {
    /// The file name.
    pub file: String,
    /// URLs of the same bytes, the best first.
    pub urls: Vec<SecretUrl>,
    /// The digest; `None` if no source has one, which must be allowed explicitly.
    pub sha256: Option<Digest>,
    /// In bytes, if known.
    pub size: Option<u64>,
}

/// How a download becomes an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Unpack the tree below this directory of the archive: `python/install`.
    Unpack {
        /// The directory that becomes the prefix.
        prefix: &'static str,
    },
    /// Compile it.
    Compile(Compilation),
    /// Link these packages into one prefix, in this order.
    Conda {
        /// The solver's choice: `python`, `python_abi`, `pip` and their dependencies.
        packages: Vec<Package>,
    },
    /// Let the machine's package manager install it, or find it if it is installed.
    Packages(Packages),
}

/// A package of the machine's distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packages {
    /// `apt`: the row of `manifests/distro.toml`.
    pub family: String,
    /// `python3.14-nogil`
    pub name: String,
    /// The package manager's version, such as `3.14.7-1`; `None` if it could not be queried yet.
    pub version: Option<String>,
    /// The repository to add before, after separate consent.
    pub repository: Option<Repository>,
    /// The commands that install it, in order; empty if it is installed.
    pub commands: Vec<Vec<String>>,
    /// Possible paths of the interpreter. If none exists, the package's files are searched.
    pub executables: Vec<std::path::PathBuf>,
    /// Notes for the user.
    pub notes: Vec<String>,
}

/// A repository to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repository {
    /// The name for users.
    pub title: String,
    /// The commands that add it, in order.
    pub commands: Vec<Vec<String>>,
}

fn as_text<S: serde::Serializer>(value: &ProviderName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn as_build_id<S: serde::Serializer>(
    value: &Option<BuildId>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_deref().serialize(serializer)
}

fn as_name<S: serde::Serializer>(build: &Build, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&build.name())
}
