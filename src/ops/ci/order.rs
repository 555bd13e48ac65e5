//! What a CI job requests.

use crate::error::Result;
use crate::lock::Lock;
use crate::ops::lookup_installed::with_threading;
use crate::resolve::Preferences;
use ftpy_core::request::BuildRequest;

/// What to set up.
pub(crate) struct SetupOrder<'a> {
    pub(crate) requests: &'a [BuildRequest],
    /// Whether to add the twin of each.
    pub(crate) has_twins: bool,
    /// Whether a newer build replaces an installed one that matches.
    pub(crate) upgrades: bool,
    pub(crate) preferences: &'a Preferences,
    /// The lock to install from.
    pub(crate) lock: Option<&'a Lock>,
}

/// Returns the requests and their twins, all of which are looked up in the lock.
pub(crate) fn in_lock(order: &SetupOrder<'_>) -> Result<Vec<BuildRequest>> {
    let mut requests = order.requests.to_vec();
    if order.has_twins {
        for request in order.requests {
            let twin = with_threading(request.clone(), request.abi.threading.other())?;
            if !requests.contains(&twin) {
                requests.push(twin);
            }
        }
    }
    Ok(requests)
}
