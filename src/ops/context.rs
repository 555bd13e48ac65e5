//! What every use case is given: the environment, the store, the reporter.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::error::{Failure, Kind, Result};
use crate::index::UPSTREAM;
use crate::net::Net;
use crate::policy;
use crate::report::Reporter;
use crate::store::Store;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use std::sync::Arc;

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    /// The environment.
    pub(crate) env: Env,
    /// Where everything is.
    pub(crate) store: Store,
    /// Where output goes.
    pub(crate) reporter: Arc<Reporter>,
    /// `--offline`
    pub(crate) is_offline: bool,
}

impl Context {
    /// The network, within what the policy of this machine allows. Whatever goes by an index has
    /// one: where that must not be believed, nothing is begun.
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

    /// Whether policy lets an interpreter of somebody else's be recorded: shims start it as any
    /// other.
    pub(crate) fn allow_external(&self, build: &Build) -> Result<()> {
        let policy = policy::read()?;
        policy.allows_source(ProviderName::Link)?;
        Ok(policy.allows_build(build)?)
    }
}

/// The runtime under the commands that use the network or wait for programs that may hang. The
/// others never start one.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Kind::System, format!("no thread can be started: {error}")))
}
