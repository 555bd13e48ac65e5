//! What whoever looks after a machine allows on it: `/etc/ftpy/policy.toml`.
//!
//! The path is fixed: a variable that moves it would be the way around it. Anything at the path
//! that cannot be read, or has a word that this ftpy does not know, forbids everything rather
//! than nothing. The policy is about what ftpy installs and fetches. It does not confine the
//! person: other programs can fetch as well.
//!
//! `hosts` is asked by whatever opens a URL, at the start and at each redirect. `index` and
//! `require-digests` are about lists of builds: an index, a channel of conda, a lock, a bundle,
//! a place with releases of ftpy.
//!
//! Format, each of them optional:
//!
//! ```toml
//! sources = ["pbs", "conda"]                  # who builds may come from; archive and link, too
//! hosts = ["mirror.example", "*.corp.example"] # who may be connected to, also by a redirect;
//!                                             # file:///srv/mirror: what lies below that
//! require-digests = true                      # --allow-unverified is refused, and so is a list
//!                                             # of builds other than ftpy's own and upstream's
//! index = ["https://mirror.example/i.ndjson"] # except these
//! forbid = ["3.13t", "<3.14", "+tsan"]        # requests of builds, or flavours of any build
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

/// The rules in force. The default is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Who builds may come from.
    pub sources: Option<Ruled<Vec<ProviderName>>>,
    /// Who may be connected to: `mirror.example`, `mirror.example:8443`, `*.corp.example`; and
    /// which directories may stand for a host: `file:///srv/mirror`.
    pub hosts: Option<Ruled<Vec<Place>>>,
    /// Where it says that no build comes without a digest.
    pub requires_digests: Option<Ruled<()>>,
    /// Which other lists of builds are believed beside ftpy's own and upstream's.
    pub indexes: Option<Ruled<Vec<String>>>,
    /// What must not be installed.
    pub forbidden: Vec<Ruled<Build>>,
}

/// A rule, and the line (from 1) that it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled<T> {
    /// The rule.
    pub rule: T,
    /// Its line.
    pub line: usize,
}

/// Builds that are meant by a rule.
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

/// That something is forbidden, as a sentence's end: `forbidden by /etc/ftpy/policy.toml:3`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is forbidden by {PATH}:{line}")]
pub struct Forbidden {
    /// What: `3.13.5t`, `github.com`.
    pub what: String,
    /// The rule's line.
    pub line: usize,
}

impl From<Forbidden> for crate::error::Failure {
    fn from(error: Forbidden) -> Self {
        Self::new(crate::error::Kind::Forbidden, error.to_string()).hint(HINT)
    }
}

/// Who can help.
pub const HINT: &str = "whoever looks after this machine decides what is in that file";
