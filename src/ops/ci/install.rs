//! Turns requests and their twins into installations or plans.

use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::target;
use crate::ops::ci::cache_contents::{self, CacheContents};
use crate::ops::ci::order::{SetupOrder, in_lock};
use crate::ops::context::Context;
use crate::ops::install::existing::Reuse;
use crate::ops::install::locked;
use crate::ops::install::pipeline::{self, twins_of_targets};
use crate::ops::install::resolve::{check_machine, resolve};
use crate::ops::install::result::InstallResult;
use crate::ops::install::target::{InstallTarget, check_plans};
use crate::ops::lock::policy::List;
use crate::ops::lookup_installed;
use crate::ops::session::{newest_index, with_session};
use crate::resolve::{Attempt, Preferences};
use ftpy_core::request::BuildRequest;

/// Installs what is missing. Returns the installations in the order of the requests, followed by
/// their twins, and the cache for them.
pub(crate) fn obtain(
    context: &Context,
    order: &SetupOrder<'_>,
) -> Result<(Vec<InstallResult>, CacheContents)> {
    if let Some(lock) = order.lock {
        let requests = in_lock(order)?;
        let cached = cache_contents::of_lock(context, &requests, lock)?;
        let requests: Vec<&BuildRequest> = requests.iter().collect();
        let outcomes = locked::install(context, lock, &requests, options(false), &List::Lock)?;
        return Ok((outcomes, cached));
    }
    with_session(context, options(false), async |session| {
        let (targets, twins) = targets(context, session, order).await?;
        let cached = cached(context, session, order, &targets, &twins)?;
        let results = match order.has_twins {
            true => {
                let preferences = order.preferences;
                pipeline::install_with_twins(session, targets, &twins, preferences).await?
            }
            false => pipeline::install(session, targets).await?,
        };
        Ok((results, cached))
    })
}

/// Reinstalls one installation.
pub(crate) fn obtain_again(
    context: &Context,
    order: &SetupOrder<'_>,
    key: &str,
) -> Result<InstallResult> {
    let none = || Failure::new(Kind::Internal, format!("{key} was not made again"));
    if let Some(lock) = order.lock {
        let host = target::detect();
        for request in in_lock(order)? {
            let candidate = locked::locked(lock, &request, &host)?;
            let is_host = candidate.build.target == host;
            if Attempt::new(candidate, is_host)?.key.to_string() == key {
                let outcomes =
                    locked::install(context, lock, &[&request], options(true), &List::Lock)?;
                return outcomes.into_iter().next().ok_or_else(none);
            }
        }
        return Err(none());
    }
    let request = lookup_installed::read(key)?;
    with_session(context, options(true), async |session| {
        let preferences = Preferences::default();
        let targets = resolve(session, &[request], &preferences, Reuse::Linked).await?;
        let results = pipeline::install(session, targets).await?;
        results.into_iter().next().ok_or_else(none)
    })
}

fn options(reinstalls: bool) -> Options {
    Options {
        reinstalls,
        ..Options::default()
    }
}

/// Returns the cache of what [`obtain`] would install or find.
pub(crate) fn plan(context: &Context, order: &SetupOrder<'_>) -> Result<CacheContents> {
    if let Some(lock) = order.lock {
        return cache_contents::of_lock(context, &in_lock(order)?, lock);
    }
    with_session(context, Options::default(), async |session| {
        let (targets, twins) = targets(context, session, order).await?;
        cached(context, session, order, &targets, &twins)
    })
}

/// Returns what is installed, or the plans for it, and, if requested, the same for the twins.
async fn targets(
    context: &Context,
    session: &Session,
    order: &SetupOrder<'_>,
) -> Result<(Vec<InstallTarget>, Vec<InstallTarget>)> {
    check_machine(order.requests, &session.host)?;
    let reuse = match order.upgrades {
        true => Reuse::Newest,
        false => Reuse::All,
    };
    if order.upgrades {
        newest_index(session, context.is_offline).await?;
    }
    let targets = resolve(session, order.requests, order.preferences, reuse).await?;
    check_plans(&targets)?;
    let twins = match order.has_twins {
        true => twins_of_targets(session, &targets, order.preferences, Reuse::All).await?,
        false => Vec::new(),
    };
    Ok((targets, twins))
}

/// Returns the cache of these targets and their twins.
fn cached(
    context: &Context,
    session: &Session,
    order: &SetupOrder<'_>,
    targets: &[InstallTarget],
    twins: &[InstallTarget],
) -> Result<CacheContents> {
    let all: Vec<&InstallTarget> = targets.iter().chain(twins).collect();
    cache_contents::of_plans(context, order, &session.host, &all)
}
