//! The policy of a machine's administrator: `/etc/ftpy/policy.toml`.
//!
//! The path is fixed, because a variable could be used to circumvent it. If the file cannot be read
//! or contains an unknown word, everything is forbidden. The policy applies to what ftpy installs
//! and fetches. It does not confine the user, whose other programs can fetch as well.
//!
//! `hosts` is checked whenever a URL is opened, initially and at each redirect. `index` and
//! `require-digests` apply to lists of builds: an index, a conda channel, a lock file, a bundle,
//! ftpy's own releases.
//!
//! Format; every key is optional:
//!
//! ```toml
//! sources = ["pbs", "conda"]                  # allowed sources, including archive and link
//! hosts = ["mirror.example", "*.corp.example"] # allowed hosts, including redirects;
//!                                             # file:///srv/mirror: anything below it
//! require-digests = true                      # refuses --allow-unverified, and lists of
//!                                             # builds other than ftpy's own and upstream's
//! index = ["https://mirror.example/i.ndjson"] # except these
//! forbid = ["3.13t", "<3.14", "+tsan"]        # requests, or flavours of any build
//! ```

mod file;
mod judge;
mod parse;
mod place;

pub use file::{PATH, read};
pub use parse::parse;
pub use place::Place;

use ftpy_core::flavour::Flavours;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Request};
use std::fmt;

/// The rules in effect. The default has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The allowed sources.
    pub sources: Option<Ruled<Vec<ProviderName>>>,
    /// The allowed hosts: `mirror.example`, `mirror.example:8443`, `*.corp.example`; and
    /// directories that count as a host: `file:///srv/mirror`.
    pub hosts: Option<Ruled<Vec<Place>>>,
    /// The rule that requires a digest for every build.
    pub requires_digests: Option<Ruled<()>>,
    /// The lists of builds to trust besides ftpy's own and upstream's.
    pub indexes: Option<Ruled<Vec<String>>>,
    /// The forbidden builds.
    pub forbidden: Vec<Ruled<Build>>,
}

/// A rule and its line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled<T> {
    /// The rule.
    pub rule: T,
    /// Its line.
    pub line: usize,
}

/// The builds that a rule applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Build {
    /// `3.13t`
    Request(Box<BuildRequest>),
    /// `+tsan`: builds of any version with these flavours.
    Flavours(Flavours),
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => Request::Build((**request).clone()).fmt(f),
            Self::Flavours(flavours) => flavours.fmt(f),
        }
    }
}

/// A rule that forbids something, as the end of a sentence: `forbidden by /etc/ftpy/policy.toml:3`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is forbidden by {PATH}:{line}")]
pub struct Forbidden {
    /// What is forbidden: `3.13.5t`, `github.com`.
    pub what: String,
    /// The line of the rule.
    pub line: usize,
}

impl From<Forbidden> for crate::error::Failure {
    fn from(error: Forbidden) -> Self {
        Self::new(crate::error::Kind::Forbidden, error.to_string()).hint(HINT)
    }
}

/// The hint of every refusal.
pub const HINT: &str = "ask the administrator of this machine";
