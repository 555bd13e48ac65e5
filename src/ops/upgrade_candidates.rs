//! Finds newer builds of what is installed, for `ftpy upgrade` and `ftpy outdated`.

use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::ops::query_providers::{choose, usual};
use crate::ops::session::newest_index;
use crate::resolve::{Attempt, Plan, Preferences};
use crate::store::Installed;
use ftpy_core::key::build_rank;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Request, Versions};
use ftpy_core::source_order::Order;
use ftpy_core::version::Partial;

/// The newest installation of a minor and variant, and how to install a newer build.
pub(crate) struct UpgradeCandidate {
    /// `3.14t`
    pub(crate) alias: String,
    /// The installation.
    pub(crate) current: Installed,
    /// Attempts to install a newer build, the best first; empty if there is none.
    pub(crate) plan: Plan,
    /// A newer build that only a later source has, with the command that installs it.
    pub(crate) elsewhere: Option<String>,
    /// Why a newer build may exist although none was found.
    pub(crate) doubt: Option<String>,
}

/// Returns the newest installation of each minor and variant that matches one of the requests, or
/// of all.
pub(crate) fn groups(context: &Context, requests: &[String]) -> Result<Vec<Installed>> {
    let host = target::detect();
    lookup_installed::not_itself(requests, "update")?;
    let requests: Vec<BuildRequest> = requests
        .iter()
        .map(|text| upgradable(text))
        .collect::<Result<_>>()?;
    let listed = context.store.installed(&host);
    let mut all = listed.clone();
    // Releases come before pre-releases; otherwise the order by version is kept.
    all.sort_by_key(|installed| installed.key.build.version.is_prerelease());
    for request in &requests {
        if !all.iter().any(|installed| installed.meets(request, &host)) {
            let shared = lookup_installed::installed(context, request, &host);
            lookup_installed::own_only(context, shared)?;
            return Err(lookup_installed::not_installed(context, request, &host));
        }
    }
    let mut found: Vec<Installed> = Vec::new();
    for installed in all {
        let is_asked = requests.is_empty()
            || requests
                .iter()
                .any(|request| installed.meets(request, &host));
        let is_known = found.iter().any(|one| is_one_group(one, &installed));
        let is_ours = installed.key.is_host && !installed.key.provider.is_external();
        if is_ours && is_asked && !is_known {
            found.push(installed);
        }
    }
    // Restores the order of the list.
    let is_found = |one: &Installed| found.contains(one);
    Ok(listed.into_iter().filter(is_found).collect())
}

fn is_one_group(a: &Installed, b: &Installed) -> bool {
    a.alias() == b.alias()
}

/// Parses a request that can be upgraded.
fn upgradable(text: &str) -> Result<BuildRequest> {
    let request = lookup_installed::read(text)?;
    if request.versions.is_exact() || request.build_id.is_some() {
        let message = format!("{text} is an exact version, so there is nothing to upgrade");
        return Err(Failure::new(Kind::Usage, message).hint(
            "name a minor version: `ftpy upgrade 3.14t`; use `ftpy install` for another patch",
        ));
    }
    Ok(request)
}

/// Returns the candidate of each group.
pub(crate) async fn candidates(
    context: &Context,
    session: &Session,
    groups: Vec<Installed>,
) -> Result<Vec<UpgradeCandidate>> {
    let index = newest_index(session, context.is_offline).await?;
    let mut all = Vec::new();
    for current in groups {
        all.push(newer(session, &index.text, current).await?);
    }
    Ok(all)
}

/// Returns how to install a newer build, from the same source or one before it in the user's order:
/// an installation from an archive is not replaced by a compiled one unasked.
async fn newer(session: &Session, index: &str, current: Installed) -> Result<UpgradeCandidate> {
    let build = &current.key.build;
    let versions = Versions::Partial(Partial {
        major: build.version.major,
        minor: Some(build.version.minor),
        patch: None,
        stage: None,
    });
    let request = BuildRequest {
        flavours: build.flavours.clone(),
        prereleases: build.version.is_prerelease(),
        ..BuildRequest::of(versions, build.abi)
    };
    let order = usual(&session.store)?;
    let from = asked(&order, current.key.provider);
    let preferences = Preferences {
        from,
        ..Preferences::default()
    };
    // An empty list would mean every source.
    let mut plan = match preferences.from.is_empty() {
        true => Plan::of(Request::Build(request).to_string(), Vec::new()),
        false => choose(session, index, request, &preferences).await?,
    };
    let elsewhere = elsewhere(&plan, &current, &order);
    let doubt = doubt(&plan, &current.alias());
    plan.attempts
        .retain(|attempt| is_newer(attempt, &current, &order));
    plan.notes.clear();
    Ok(UpgradeCandidate {
        doubt: doubt.filter(|_| plan.attempts.is_empty()),
        alias: current.alias(),
        current,
        plan,
        elsewhere,
    })
}

/// Returns the sources to query for a newer build. A distribution's packages are upgraded by its
/// package manager. conda, which needs the network, and compiling, which takes minutes, are queried
/// only for their own builds or if the user put them before the current source. An archive that the
/// user named is never replaced by compiling.
fn asked(order: &Order, current: ProviderName) -> Vec<ProviderName> {
    let is_first = |provider| order.is_own() && order.rank(provider) < order.rank(current);
    let is_asked = |provider: &ProviderName| match provider {
        provider if *provider == current => !provider.is_external(),
        ProviderName::Conda => is_first(*provider),
        ProviderName::Source => current != ProviderName::Archive && is_first(*provider),
        provider => !provider.is_external(),
    };
    order.named().iter().copied().filter(is_asked).collect()
}

/// Returns why a plan may be incomplete: a source is unreachable, or policy forbids all builds.
fn doubt(plan: &Plan, alias: &str) -> Option<String> {
    let reasons = plan.reasons().join("; ");
    if !plan.unreachable.is_empty() {
        let text = format!("{alias}: a newer build may exist: a source is unreachable");
        return Some(format!("{text}: {reasons}"));
    }
    let is_all_forbidden = plan.is_forbidden && plan.attempts.is_empty();
    is_all_forbidden.then(|| format!("{alias}: the policy forbids every build: {reasons}"))
}

/// Returns the newest build of a later source, if it is newer than what an upgrade would install.
fn elsewhere(plan: &Plan, current: &Installed, order: &Order) -> Option<String> {
    let ours = plan
        .attempts
        .iter()
        .filter(|attempt| is_newer(attempt, current, order));
    let ours = ours.map(|attempt| attempt.candidate.build.version).max();
    let ours = ours.unwrap_or(current.key.build.version);
    let place = order.rank(current.key.provider);
    let later = plan.attempts.iter().filter(|attempt| {
        order.rank(attempt.candidate.provider) > place && attempt.candidate.build.version > ours
    });
    let newest = later.max_by_key(|attempt| attempt.candidate.build.version)?;
    let (name, provider) = (newest.candidate.build.name(), newest.candidate.provider);
    let install = paste!["ftpy", "install", format!("{provider}:{name}")];
    Some(format!("{provider} has the newer {name}: run `{install}`"))
}

fn is_newer(attempt: &Attempt, current: &Installed, order: &Order) -> bool {
    let candidate = &attempt.candidate;
    let key = &current.key;
    let is_later_build = candidate.build.version == key.build.version
        && candidate.provider == key.provider
        && build_rank(candidate.build_id.as_deref()) > build_rank(key.build_id.as_deref());
    order.rank(candidate.provider) <= order.rank(key.provider)
        && (candidate.build.version > key.build.version || is_later_build)
}

impl UpgradeCandidate {
    /// Returns the key of what would be installed.
    pub(crate) fn next(&self) -> Option<String> {
        self.plan
            .attempts
            .first()
            .map(|attempt| attempt.key.to_string())
    }
}
