//! An archive that was named instead of a version. The interpreter determines which build it is.

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

/// An archive, and everything known before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocalArchive {
    /// As it was typed.
    pub request: String,
    /// Its file name.
    pub file: String,
    /// Its URL.
    pub url: SecretUrl,
    /// The expected digest; `None` if it is unknown and --allow-unverified was given.
    pub sha256: Option<Digest>,
    /// The build of python-build-standalone, if the index has this digest.
    pub pbs_build: Option<String>,
}

/// The number of digits of the digest in the name of an otherwise nameless build.
pub(super) const NAME: usize = 8;

/// Returns the existing installation, unless it should be replaced.
pub(super) fn done_already(session: &Session, key: &Key) -> Option<InstallReport> {
    if session.options.reinstalls {
        return None;
    }
    let receipt = session.store.if_whole(key)?;
    let prefix = session.store.prefix(key);
    Some(InstallReport::existing(key.to_string(), prefix, receipt))
}

/// Returns a plan for the receipt, without a choice.
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
