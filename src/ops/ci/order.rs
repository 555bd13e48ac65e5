//! What a CI job asks for.

use crate::error::Result;
use crate::lock::Lock;
use crate::ops::lookup_installed::with_threading;
use crate::resolve::Preferences;
use ftpy_core::request::BuildRequest;

/// What is wanted.
pub(crate) struct SetupOrder<'a> {
    pub(crate) requests: &'a [BuildRequest],
    /// Whether each brings its twin along.
    pub(crate) has_twins: bool,
    pub(crate) preferences: &'a Preferences,
    /// What says which bytes they are.
    pub(crate) lock: Option<&'a Lock>,
}

/// The requests and their twins. Of a lock each has to be in it: nothing else is looked for.
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
