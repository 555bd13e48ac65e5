//! Resolves requests to targets: existing installations, and plans for the rest.

use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::host::target;
use crate::index::Index;
use crate::ops::install::existing::{self, Reuse};
use crate::ops::install::nearest::{knows, nearest};
use crate::ops::install::target::InstallTarget;
use crate::ops::query_providers::{choose, uses_list};
use crate::ops::session::{index_in_use, refreshed_index};
use crate::resolve::{Plan, Preferences};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Request, Versions};
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
        let mut list = match index.take() {
            Some(index) => index,
            None => index_in_use(session).await?,
        };
        let plan = plan_of(session, request, preferences, &mut list).await?;
        index = Some(list);
        let first = plan.attempts.first().map(|attempt| &attempt.key);
        // A package of the distribution may have been upgraded since.
        let first = first.filter(|key| reuse == Reuse::Newest && !key.provider.is_external());
        let there = first.and_then(|key| existing::of_key(&session.store, key));
        targets.push(there.map_or(InstallTarget::Plan(plan), InstallTarget::Installed));
    }
    Ok(targets)
}

/// Returns the plan for a request. A version that the list of builds lacks may have been released
/// after the list was fetched, so the list is fetched once before another source is chosen.
async fn plan_of(
    session: &Session,
    request: &BuildRequest,
    preferences: &Preferences,
    list: &mut Index,
) -> Result<Plan> {
    let plan = choose(session, &list.text, request.clone(), preferences).await?;
    let is_named = match &request.versions {
        Versions::Partial(partial) => partial.patch.is_some(),
        Versions::Range(_) => false,
    };
    let is_decisive = is_named || plan.attempts.is_empty();
    if !is_decisive || knows(&list.text, request) || !uses_list(session, request, preferences)? {
        return Ok(plan);
    }
    let mut plan = plan;
    if !list.is_fresh && !session.net.is_offline() {
        let text = Request::Build(request.clone()).to_string();
        if let Some(newer) = refreshed_index(session, &text).await? {
            *list = newer;
            plan = choose(session, &list.text, request.clone(), preferences).await?;
        }
    }
    if plan.attempts.is_empty() {
        let compiles = compiles(session, request, preferences);
        plan.nearest = nearest(&list.text, request, &session.host, compiles);
        plan.list_date = (!list.is_fresh).then(|| list.about.date.clone());
    }
    Ok(plan)
}

/// Whether `source:` could be written before a request.
fn compiles(session: &Session, request: &BuildRequest, preferences: &Preferences) -> bool {
    let from = &preferences.from;
    !session.options.forbids_building
        && (from.is_empty() || from.contains(&ProviderName::Source))
        && matches!(request.provider, None | Some(ProviderName::Source))
        && request.build_id.is_none()
        && request.target.or_host(&session.host) == session.host
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
