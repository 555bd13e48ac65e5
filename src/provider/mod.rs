//! Where builds come from. A provider turns the bytes of its index into candidates, and that
//! is all: it reads nothing, fetches nothing and chooses nothing.
//!
//! A candidate is complete. Whoever executes it never asks the provider again.

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

/// The prefix that builds are made for: python-build-standalone's, and so ftpy's own.
pub const BUILD_PREFIX: &str = "/install";

/// What is looked for, and for which machine.
#[derive(Debug, Clone)]
pub struct Query {
    /// As typed or pinned.
    pub request: BuildRequest,
    /// The machine that ftpy runs on.
    pub host: Target,
    /// The machine that the build is for: the host, unless the request says otherwise.
    pub target: Target,
}

impl Query {
    /// A request on this host.
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
    /// What it is called.
    fn name(&self) -> ProviderName;

    /// Every build that meets the query, in no particular order.
    fn candidates(&self, query: &Query) -> Offer;
}

/// A provider's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Whose it is.
    pub provider: ProviderName,
    /// What meets the query.
    pub candidates: Vec<Candidate>,
    /// Why there is not more: each a sentence.
    pub rejections: Vec<String>,
}

/// A build that meets a query, as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its provider.
    #[serde(serialize_with = "as_text")]
    pub provider: ProviderName,
    /// `3.14.7t`
    #[serde(serialize_with = "as_name")]
    pub build: Build,
    /// The provider's own name for it: `20260901`.
    #[serde(serialize_with = "as_build_id")]
    pub build_id: Option<BuildId>,
    /// What ftpy has to download; `None` where a package manager does that.
    pub archive: Option<Archive>,
    /// What has to be done with it.
    pub recipe: Recipe,
}

impl Candidate {
    /// The name of what has to be downloaded; empty where nothing has to.
    #[must_use]
    pub fn file(&self) -> &str {
        self.archive.as_ref().map_or("", |archive| &archive.file)
    }

    /// Where it is, the best place first.
    #[must_use]
    pub fn urls(&self) -> &[SecretUrl] {
        self.archive.as_ref().map_or(&[], |archive| &archive.urls)
    }

    /// What it must be; `None` where that is not known, or nothing is downloaded.
    #[must_use]
    pub fn sha256(&self) -> Option<Digest> {
        self.archive.as_ref()?.sha256
    }

    /// The first of its files of which no digest is known. A package manager verifies what it
    /// fetches, and so does none of this for it.
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
    /// Its name.
    pub file: String,
    /// Where the same bytes are, the best place first.
    pub urls: Vec<SecretUrl>,
    /// What they must be; `None` where no source tells, and then only on demand.
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
        /// What becomes the prefix.
        prefix: &'static str,
    },
    /// Compile it.
    Compile(Compilation),
    /// Link these packages into one prefix, in this order.
    Conda {
        /// What a solver chose: `python`, `python_abi`, `pip` and what they need.
        packages: Vec<Package>,
    },
    /// Have the machine's package manager install it, or only find it where that was done.
    Packages(Packages),
}

/// A package of the machine's distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packages {
    /// `apt`: the row of `manifests/distro.toml`.
    pub family: String,
    /// `python3.14-nogil`
    pub name: String,
    /// `3.14.7-1`: the package manager's word; `None` where it could not be asked yet.
    pub version: Option<String>,
    /// What has to be added before, which is a question of its own.
    pub repository: Option<Repository>,
    /// What installs it, in order; nothing where it is installed.
    pub commands: Vec<Vec<String>>,
    /// Where the interpreter may be; if in none of these, the package's files tell.
    pub executables: Vec<std::path::PathBuf>,
    /// What the person should know.
    pub notes: Vec<String>,
}

/// A repository that has to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repository {
    /// What a person knows it by.
    pub title: String,
    /// What adds it, in order.
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
