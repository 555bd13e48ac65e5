//! An archive that was named instead of a version. Its interpreter tells which build it is.

use crate::digest::Digest;
use crate::error::Result;
use crate::execute::report::InstallReport;
use crate::execute::session::Session;
use crate::provider::{Archive, Candidate, Recipe};
use crate::resolve::{Attempt, Plan};
use crate::secret_url::SecretUrl;
use ftpy_core::build_id::BuildId;
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use serde::Serialize;

/// An archive, with everything known before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocalArchive {
    /// As it was typed.
    pub request: String,
    /// Its file name.
    pub file: String,
    /// Where it is.
    pub url: SecretUrl,
    /// The expected digest; `None` where it is unknown and --allow-unverified was given.
    pub sha256: Option<Digest>,
    /// The build of python-build-standalone that it is, if the index has these very bytes.
    pub pbs_build: Option<String>,
}

/// How many characters of the digest name a build that has no other name.
pub(super) const NAME: usize = 8;

/// The existing installation, unless it is to be replaced.
pub(super) fn done_already(session: &Session, key: &Key) -> Option<InstallReport> {
    if session.options.reinstalls {
        return None;
    }
    let receipt = session.store.if_whole(key)?;
    let prefix = session.store.prefix(key);
    Some(InstallReport::existing(key.to_string(), prefix, receipt))
}

/// A plan for the receipt; there is nothing to choose.
pub(super) fn plan(named: &LocalArchive) -> Plan {
    Plan::of(named.request.clone(), Vec::new())
}

pub(super) fn attempt(
    named: &LocalArchive,
    provider: ProviderName,
    build: Build,
    build_id: Option<BuildId>,
) -> Result<Attempt> {
    let candidate = Candidate {
        provider,
        build,
        build_id,
        archive: Some(Archive {
            file: named.file.clone(),
            urls: vec![named.url.clone()],
            sha256: named.sha256,
            size: None,
        }),
        recipe: Recipe::Unpack { prefix: "" },
    };
    Attempt::new(candidate, true)
}
