//! Replaces conda in builds without it: every query reports that.

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
    /// Always empty.
    pub(crate) offer: Offer,
    /// Always true.
    pub(crate) is_reachable: bool,
    /// Always false.
    pub(crate) is_forbidden: bool,
}

const ABSENT: &str = "this ftpy was built without it";

/// Returns only the rejection.
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

/// Connects to nothing. The execution of a plan with packages reports the reason.
#[expect(
    clippy::unnecessary_wraps,
    reason = "with conda, settings may be wrong"
)]
pub(crate) fn ensure_connected(_: &Session) -> Result<()> {
    Ok(())
}

/// Leaves the packages unchanged.
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

/// Returns nothing.
#[expect(clippy::unused_async, reason = "with conda it waits for channels")]
pub(crate) async fn interpreters(
    _: &Session,
    _: &Target,
    _: &[String],
) -> Result<Vec<(Version, Abi, String)>> {
    Err(Failure::new(Kind::Usage, format!("conda: {ABSENT}")))
}
