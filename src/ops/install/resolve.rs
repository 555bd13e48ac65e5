//! Resolves requests to targets: existing installations, and plans for the rest.

use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::host::target;
use crate::ops::install::existing::{self, Reuse};
use crate::ops::install::target::InstallTarget;
use crate::ops::query_providers::choose;
use crate::ops::session::index_in_use;
use crate::resolve::Preferences;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;

/// Returns a target for each request, in order. The index is read only if a plan is needed.
///
/// # Errors
/// Returns an error if the index or a setting is invalid, or the user presses Ctrl-C.
pub(crate) async fn resolve(
    session: &Session,
    requests: &[BuildRequest],
    preferences: &Preferences,
    reuse: Reuse,
) -> Result<Vec<InstallTarget>> {
    let mut index = None;
    let mut targets = Vec::new();
    for request in requests {
        let there =
            existing::of_request(&session.store, request, preferences, &session.host, reuse);
        if let Some(there) = there {
            targets.push(InstallTarget::Installed(there));
            continue;
        }
        let index = match &index {
            Some(index) => index,
            None => index.insert(index_in_use(session).await?),
        };
        let plan = choose(session, &index.text, request.clone(), preferences).await?;
        targets.push(InstallTarget::Plan(plan));
    }
    Ok(targets)
}

/// Refuses a request for another machine, whose interpreter could not be started and probed here.
pub(crate) fn check_machine(requests: &[BuildRequest], host: &Target) -> Result<()> {
    for request in requests {
        let target = request.target.or_host(host);
        if !target::can_run(host, &target) {
            let message = format!("a build for {target} cannot run on this machine ({host})");
            return Err(Failure::new(Kind::NotFound, message));
        }
    }
    Ok(())
}
