//! The context of every use case: the environment, the store and the reporter.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::error::Result;
use crate::index::UPSTREAM;
use crate::net::Net;
use crate::policy;
use crate::report::Reporter;
use crate::store::Store;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use std::sync::Arc;

/// The context of a command.
#[derive(Debug)]
pub(crate) struct Context {
    /// The environment.
    pub(crate) env: Env,
    /// The store.
    pub(crate) store: Store,
    /// The output.
    pub(crate) reporter: Arc<Reporter>,
    /// `--offline`
    pub(crate) is_offline: bool,
}

impl Context {
    /// Connects to the network, as far as this machine's policy allows. Every command that uses an
    /// index calls this, so that none starts with an index that policy forbids.
    pub(crate) fn net(&self, cancel: Cancel) -> Result<Net> {
        let policy = Arc::new(policy::read()?);
        let own = self.env.index_url.as_ref();
        if let Some(url) = own.filter(|url| url.expose() != UPSTREAM) {
            policy.allows_index(url)?;
        }
        let reporter = Arc::clone(&self.reporter);
        Ok(Net::new(
            &self.env,
            self.is_offline,
            policy,
            cancel,
            reporter,
        ))
    }

    /// Checks whether policy allows to link an external interpreter, which shims would start like
    /// any other.
    pub(crate) fn allow_external(&self, build: &Build) -> Result<()> {
        let policy = policy::read()?;
        policy.allows_source(ProviderName::Link)?;
        Ok(policy.allows_build(build)?)
    }
}
