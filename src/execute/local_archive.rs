//! An archive that the person named instead of a version: what it is, its interpreter says.

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
use std::collections::BTreeMap;

/// An archive, with all that is known of it before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocalArchive {
    /// As it was typed.
    pub request: String,
    /// Its file name.
    pub file: String,
    /// Where it is.
    pub url: SecretUrl,
    /// What its bytes must be; `None` where nobody tells, and the person accepts that.
    pub sha256: Option<Digest>,
    /// The build of python-build-standalone that it is, if the index has these very bytes.
    pub pbs_build: Option<String>,
}

/// How many characters of the digest name a build that has no other name.
pub(super) const NAME: usize = 8;

/// What is there already, unless it is to be made again.
pub(super) fn done_already(session: &Session, key: &Key) -> Option<InstallReport> {
    if session.options.reinstalls {
        return None;
    }
    Some(InstallReport {
        key: key.to_string(),
        prefix: session.store.prefix(key),
        is_new: false,
        passed_over: Vec::new(),
        timings_ms: BTreeMap::new(),
        receipt: session.store.if_whole(key)?,
    })
}

/// What the receipt says of the request; there is nothing to choose.
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
