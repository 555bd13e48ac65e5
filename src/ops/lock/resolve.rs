//! Resolves a request on a platform for a lock: to one build, with upstream's URLs, whatever
//! mirrors this machine uses.

use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::lock::{LockedBuild, is_lockable, target};
use crate::manifest::source::PYTHON_ORG;
use crate::ops::query_providers::{choose_for, usual};
use crate::provider::{Candidate, Query, Recipe};
use crate::resolve::{Plan, Preferences};
use crate::store::BuildOptions;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::{Target, TargetRequest};

/// How to resolve requests.
#[derive(Debug, Default)]
pub(crate) struct LockSources {
    /// `--from`; the default order if empty.
    pub(crate) sources: Vec<ProviderName>,
    /// `--channel`
    pub(crate) channels: Vec<String>,
}

/// Resolves a request on a platform, and returns notes for the user.
///
/// # Errors
/// Returns an error if the request cannot be locked, a source of higher priority is unreachable, or
/// the user presses Ctrl-C.
pub(crate) async fn resolve(
    session: &Session,
    index: &str,
    request: &BuildRequest,
    platform: &Target,
    wanted: &LockSources,
) -> Result<(LockedBuild, Vec<String>)> {
    let order = order(session, request, wanted)?;
    let conda = order.iter().position(|name| *name == ProviderName::Conda);
    let query = query(request, platform);
    let ask = async |from: Vec<ProviderName>| {
        let preferences = Preferences {
            from,
            allows_unverified: false,
            channels: wanted.channels.clone(),
            wish: BuildOptions::default(),
        };
        choose_for(session, index, query.clone(), &preferences).await
    };
    // As in an install, sources that come before conda and need no network are queried first.
    let cheap = order.iter().copied();
    let cheap: Vec<ProviderName> = cheap.filter(|name| *name != ProviderName::Conda).collect();
    let mut plan = match cheap.is_empty() {
        false => Some(ask(cheap).await?),
        true => None,
    };
    if let Some(conda) = conda {
        let first = plan.as_ref().and_then(|plan| plan.attempts.first());
        let place = first.and_then(|first| {
            let is_its = |name: &ProviderName| *name == first.candidate.provider;
            order.iter().position(is_its)
        });
        if place.is_none_or(|place| place > conda) {
            plan = Some(ask(order.clone()).await?);
        }
    }
    let Some(plan) = plan else {
        return Ok((
            LockedBuild::Nothing("no source is allowed".to_owned()),
            Vec::new(),
        ));
    };
    check_reachable(&plan, &order, request, platform)?;
    let reasons = plan.reasons();
    let found = match plan.attempts.into_iter().next() {
        Some(attempt) => LockedBuild::Build(Box::new(upstream(attempt.candidate))),
        None => LockedBuild::Nothing(reasons.join("; ")),
    };
    Ok((found, plan.notes))
}

/// Refuses a choice while a source of higher priority is unreachable: a lock must not depend on the
/// state of this machine's network.
fn check_reachable(
    plan: &Plan,
    order: &[ProviderName],
    request: &BuildRequest,
    platform: &Target,
) -> Result<()> {
    let chosen = plan.attempts.first().map(|one| one.candidate.provider);
    let last = order.iter().position(|name| Some(*name) == chosen);
    let mut asked = order.iter().take(last.map_or(order.len(), |last| last + 1));
    let Some(unreachable) = asked.find(|name| plan.unreachable.contains(name)) else {
        return Ok(());
    };
    let reasons = plan.rejections.iter();
    let reasons = reasons.filter(|rejection| rejection.provider == *unreachable);
    let message = format!("cannot lock {request} for {platform}: {unreachable} is unreachable");
    Err(Failure::new(Kind::Network, message)
        .details(reasons.map(ToString::to_string))
        .hint("nothing was written; try again online, or choose other sources with --from"))
}

/// Returns the query for a request on a platform.
fn query(request: &BuildRequest, platform: &Target) -> Query {
    let target = target(request, platform);
    let request = BuildRequest {
        target: TargetRequest {
            os: Some(target.os.clone()),
            arch: Some(target.arch.clone()),
            libc: Some(target.libc.clone()),
        },
        ..request.clone()
    };
    Query {
        request,
        // A source is compiled on the machine that installs the lock.
        host: target.clone(),
        target,
    }
}

/// Returns the sources to query.
fn order(
    session: &Session,
    request: &BuildRequest,
    wanted: &LockSources,
) -> Result<Vec<ProviderName>> {
    let order = match (request.provider, wanted.sources.as_slice()) {
        (None, []) => usual(&session.store)?.named().to_vec(),
        (None, sources) => sources.to_vec(),
        (Some(only), []) => vec![only],
        (Some(only), sources) if sources.contains(&only) => vec![only],
        (Some(only), _) => {
            let message = format!("{request} requires {only}, which --from excludes");
            return Err(Failure::new(Kind::Usage, message));
        }
    };
    let named = request.provider.as_slice().iter().chain(&wanted.sources);
    if let Some(other) = named.copied().find(|name| !is_lockable(*name)) {
        let message = format!("{request}: {other} builds cannot be locked");
        return Err(Failure::new(Kind::Usage, message)
            .hint("only pbs, conda and source builds can be locked"));
    }
    Ok(order
        .into_iter()
        .filter(|name| is_lockable(*name))
        .collect())
}

/// Returns the candidate with upstream's URLs only: without mirrors and passwords.
fn upstream(mut candidate: Candidate) -> Candidate {
    let provider = candidate.provider;
    if let Some(archive) = &mut candidate.archive {
        if provider == ProviderName::Source {
            // The other URLs belong to this machine's package manager.
            archive
                .urls
                .retain(|url| url.expose().starts_with(PYTHON_ORG));
        }
        for url in &mut archive.urls {
            *url = url.without_secrets();
        }
    }
    if let Recipe::Conda { packages } = &mut candidate.recipe {
        for package in packages {
            *package = package.without_secrets();
        }
    }
    candidate
}
