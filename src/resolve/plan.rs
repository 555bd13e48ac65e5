//! A plan as data: the steps, their order, and the alternatives.

use crate::digest::Digest;
use crate::error::{Failure, Kind, Result};
use crate::provider::{Candidate, Packages, Recipe};
use crate::secret_url::SecretUrl;
use crate::store::Package;
use ftpy_core::key::{Key, Parts};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use serde::Serialize;
use std::fmt;

/// How to make an installation for a request. Nothing is executed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The request, in its canonical form.
    pub request: String,
    /// The attempts. The next one is made if the previous one is unavailable.
    pub attempts: Vec<Attempt>,
    /// Why providers have no build, or no better one.
    pub rejections: Vec<Rejection>,
    /// Notes for the user about the choice.
    pub notes: Vec<String>,
    /// The source that is queried only if everything before it is unavailable.
    #[serde(skip)]
    pub deferred: Option<Box<DeferredSource>>,
    /// Whether no source was reachable.
    #[serde(skip)]
    pub is_unreachable: bool,
    /// The unreachable sources, whose builds are unknown.
    #[serde(skip)]
    pub unreachable: Vec<ProviderName>,
    /// Whether this machine's policy removed builds.
    #[serde(skip)]
    pub is_forbidden: bool,
    /// What helps if there is no attempt: `3.14.8t`, the nearest versions in the list of builds.
    #[serde(skip)]
    pub nearest: Vec<String>,
    /// The date of the list of builds, if it was not fetched just now.
    #[serde(skip)]
    pub list_date: Option<String>,
}

/// Why a provider has no build, or no better one: `pbs: no build of 3.30`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The provider.
    pub provider: ProviderName,
    /// A sentence without its name.
    pub reason: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.provider, self.reason)
    }
}

impl Serialize for Rejection {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A provider that needs the network, and was therefore not queried yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeferredSource {
    /// `conda`
    pub provider: ProviderName,
    /// The request.
    pub request: BuildRequest,
    /// `--channel`
    pub channels: Vec<String>,
    /// `--allow-unverified`
    pub allows_unverified: bool,
}

/// One way to make an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The key of the installation.
    #[serde(serialize_with = "as_text")]
    pub key: Key,
    /// The build that it is made from.
    pub candidate: Candidate,
}

/// A build whose parts do not make the name of an installation.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be the name of an installation", .0.escape_debug())]
struct NotAKey(String);

impl From<NotAKey> for Failure {
    fn from(error: NotAKey) -> Self {
        Self::new(Kind::Integrity, error.to_string())
    }
}

/// One step of an attempt, for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// Check the compiler and the headers of the standard modules.
    Preflight,
    /// Download from the first of these URLs that has it.
    Download {
        /// The best URL first.
        urls: Vec<SecretUrl>,
    },
    /// Compare the digest, before anything made from the bytes is used.
    Verify {
        /// `None` if it is unknown and the user allowed that.
        sha256: Option<Digest>,
    },
    /// Copy the user's source tree.
    Copy {
        /// The directory on the command line.
        origin: String,
        /// The digest of all its files.
        sha256: Digest,
    },
    /// Download and verify those of these packages that are not cached.
    Packages {
        /// The solver's choice.
        packages: Vec<Package>,
    },
    /// Link the packages' files, with the real prefix in place of the placeholders.
    Link,
    /// Unpack this directory of the archive.
    Unpack {
        /// `python/install`
        prefix: String,
    },
    /// configure, make, make install.
    Compile {
        /// The arguments of configure.
        configure: Vec<String>,
    },
    /// Add a repository, after separate consent.
    AddRepository {
        /// `the PPA deadsnakes`
        title: String,
    },
    /// Run the machine's package manager.
    Run {
        /// As an argument vector.
        command: Vec<String>,
    },
    /// Find the interpreter of an installed package.
    Find {
        /// `python3.14-nogil`
        package: String,
    },
    /// Rewrite the build's prefix to the real one.
    Finalise,
    /// Start the interpreter and compare its facts.
    Probe {
        /// `3.14.7t`
        expect: String,
    },
    /// Turn it into an installation by one rename.
    Commit {
        /// `3.14.7t-pbs-20260901`
        #[serde(serialize_with = "as_text")]
        key: Key,
    },
    /// Register it in place, because its files belong to the package manager.
    Record {
        /// `3.14.7t-distro`
        #[serde(serialize_with = "as_text")]
        key: Key,
    },
}

impl Plan {
    /// Returns a sentence for each rejection.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        self.rejections.iter().map(ToString::to_string).collect()
    }

    /// Returns a plan without a choice: these attempts, and no notes.
    #[must_use]
    pub fn of(request: String, attempts: Vec<Attempt>) -> Self {
        Self {
            request,
            attempts,
            rejections: Vec::new(),
            notes: Vec::new(),
            deferred: None,
            is_unreachable: false,
            unreachable: Vec::new(),
            is_forbidden: false,
            nearest: Vec::new(),
            list_date: None,
        }
    }
}

impl Attempt {
    /// Returns the attempt to install a candidate.
    ///
    /// # Errors
    /// Returns an error if the candidate's name cannot be that of an installation.
    pub fn new(candidate: Candidate, is_host: bool) -> Result<Self> {
        let parts = Parts {
            build: candidate.build.clone(),
            provider: candidate.provider,
            build_id: candidate.build_id.clone(),
            is_host,
        };
        let shown = parts.to_string();
        let key = Key::new(parts).ok_or(NotAKey(shown))?;
        Ok(Self { key, candidate })
    }

    /// Returns the steps, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let Candidate { recipe, build, .. } = &self.candidate;
        let download = Step::Download {
            urls: self.candidate.urls().to_vec(),
        };
        let verify = Step::Verify {
            sha256: self.candidate.sha256(),
        };
        let mut steps = match recipe {
            Recipe::Unpack { prefix } => {
                let prefix = (*prefix).to_owned();
                vec![download, verify, Step::Unpack { prefix }, Step::Finalise]
            }
            Recipe::Compile(compilation) => {
                let configure = compilation.configure.clone();
                let source = match &compilation.wish.tree {
                    Some(tree) => vec![Step::Copy {
                        origin: tree.origin.clone(),
                        sha256: tree.sha256,
                    }],
                    None => vec![download, verify],
                };
                let mut steps = vec![Step::Preflight];
                steps.extend(source);
                steps.extend([Step::Compile { configure }, Step::Finalise]);
                steps
            }
            Recipe::Packages(packages) => return self.package_steps(packages),
            Recipe::Conda { packages } => {
                let packages = packages.clone();
                vec![Step::Packages { packages }, Step::Link]
            }
        };
        steps.extend([
            Step::Probe {
                expect: build.name(),
            },
            Step::Commit {
                key: self.key.clone(),
            },
        ]);
        steps
    }

    fn package_steps(&self, packages: &Packages) -> Vec<Step> {
        let added = packages.repository.iter().flat_map(|repository| {
            let title = repository.title.clone();
            let run = |command: &Vec<String>| Step::Run {
                command: command.clone(),
            };
            std::iter::once(Step::AddRepository { title })
                .chain(repository.commands.iter().map(run))
        });
        let mut steps: Vec<Step> = added.collect();
        steps.extend(packages.commands.iter().map(|command| Step::Run {
            command: command.clone(),
        }));
        steps.extend([
            Step::Find {
                package: packages.name.clone(),
            },
            Step::Probe {
                expect: self.candidate.build.name(),
            },
            Step::Record {
                key: self.key.clone(),
            },
        ]);
        steps
    }
}

fn as_text<S: serde::Serializer>(key: &Key, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(key)
}
