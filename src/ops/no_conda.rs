//! In a build without conda: asking it says just that.

use crate::env::Env;
use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::provider::{Candidate, Offer, Query};
use crate::secret_url::SecretUrl;
use ftpy_core::abi::Abi;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::target::Target;
use ftpy_core::version::Version;

/// conda's answer.
#[derive(Debug)]
pub(crate) struct CondaAnswer {
    /// Nothing.
    pub(crate) offer: Offer,
    /// That is all there is to hear.
    pub(crate) is_reachable: bool,
    /// Nothing was asked for that a policy forbids.
    pub(crate) is_forbidden: bool,
}

const ABSENT: &str = "this ftpy was built without it";

/// Asks nobody.
#[expect(clippy::unused_async, reason = "with conda it waits for channels")]
pub(crate) async fn ask(_: &Session, _: &Query, _: &[String]) -> Result<CondaAnswer> {
    Ok(CondaAnswer {
        offer: Offer {
            provider: ProviderName::Conda,
            candidates: Vec::new(),
            rejections: vec![ABSENT.to_owned()],
        },
        is_reachable: true,
        is_forbidden: false,
    })
}

/// Connects to nobody; whoever executes a plan of packages says why.
#[expect(
    clippy::unnecessary_wraps,
    reason = "with conda, settings may be wrong"
)]
pub(crate) fn ensure_connected(_: &Session) -> Result<()> {
    Ok(())
}

/// Leaves the packages as they are.
#[expect(
    clippy::unnecessary_wraps,
    reason = "with conda, settings may be wrong"
)]
pub(crate) fn ensure_own_channels(_: &Env, _: &mut Candidate) -> Result<()> {
    Ok(())
}

/// No channel is known.
#[expect(
    clippy::unnecessary_wraps,
    reason = "with conda, settings may be wrong"
)]
pub(crate) fn is_usual(_: &Env, _: &SecretUrl) -> Result<bool> {
    Ok(false)
}

/// Lists nothing.
#[expect(clippy::unused_async, reason = "with conda it waits for channels")]
pub(crate) async fn interpreters(
    _: &Session,
    _: &Target,
    _: &[String],
) -> Result<Vec<(Version, Abi, String)>> {
    Err(Failure::new(Kind::Usage, format!("conda: {ABSENT}")))
}
