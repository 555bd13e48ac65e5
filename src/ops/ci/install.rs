//! Requests, and their twins, to what is installed or would be.

use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::target;
use crate::ops::ci::cache_contents::{self, CacheContents};
use crate::ops::ci::order::{SetupOrder, in_lock};
use crate::ops::context::Context;
use crate::ops::install::existing::usable;
use crate::ops::install::locked;
use crate::ops::install::pipeline::{InstallResult, InstallTarget, check_plans, execute_all, row};
use crate::ops::install::twin::twin;
use crate::ops::lock::policy::List;
use crate::ops::lookup_installed::{self};
use crate::ops::query_providers::choose;
use crate::ops::session::{index_in_use, jobs, with_session};
use crate::resolve::{Attempt, Preferences};
use ftpy_core::key::Key;
use ftpy_core::request::BuildRequest;
use std::sync::Arc;

/// Installs what is not there. The installations stand in the order of the requests, their twins
/// behind them; with them the cache that they belong into.
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
        session.store.sweep()?;
        let (all, count) = plans(context, session, order).await?;
        // Before minutes of work: whether the best has a twin.
        check_plans(&all)?;
        let cached = cache_contents::of_plans(context, order, &session.host, &all)?;
        let first = all.into_iter().take(count).collect();
        let mut outcomes = execute_all(session, first).await?;
        if order.has_twins {
            // Of what was really obtained: another patch than the best may have been.
            let keys = outcomes.iter().map(|outcome| row(outcome).key);
            let twins = twins(session, keys)?;
            let second = resolve(context, session, &twins, order.preferences).await?;
            check_plans(&second)?;
            outcomes.extend(execute_all(session, second).await?);
        }
        Ok((outcomes, cached))
    })
}

/// Makes one installation again, whatever is there.
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
        let index = index_in_use(session).await?;
        let preferences = Preferences::default();
        let plan = choose(session, &index.text, request, &preferences).await?;
        let plans = vec![InstallTarget::Plan(plan)];
        check_plans(&plans)?;
        session.store.sweep()?;
        let outcomes = execute_all(session, plans).await?;
        outcomes.into_iter().next().ok_or_else(none)
    })
}

fn options(reinstalls: bool) -> Options {
    Options {
        jobs: jobs(),
        reinstalls,
        ..Options::default()
    }
}

/// The cache of what [`obtain`] would install or find.
pub(crate) fn plan(context: &Context, order: &SetupOrder<'_>) -> Result<CacheContents> {
    if let Some(lock) = order.lock {
        return cache_contents::of_lock(context, &in_lock(order)?, lock);
    }
    with_session(context, Options::default(), async |session| {
        let (all, _) = plans(context, session, order).await?;
        cache_contents::of_plans(context, order, &session.host, &all)
    })
}

/// What is there or would be made, twins included; how many of them are no twins.
async fn plans(
    context: &Context,
    session: &Arc<Session>,
    order: &SetupOrder<'_>,
) -> Result<(Vec<InstallTarget>, usize)> {
    let mut all = resolve(context, session, order.requests, order.preferences).await?;
    let count = all.len();
    if order.has_twins {
        let parts = cache_contents::parts(context, &session.host, &all)?;
        let twins = twins(session, parts.iter().map(|part| part.key.as_str()))?;
        all.extend(resolve(context, session, &twins, order.preferences).await?);
    }
    Ok((all, count))
}

/// What is there already, and plans for the rest. Without a plan to make, no index is asked for.
async fn resolve(
    context: &Context,
    session: &Arc<Session>,
    requests: &[BuildRequest],
    preferences: &Preferences,
) -> Result<Vec<InstallTarget>> {
    let mut all = Vec::new();
    for request in requests {
        if let Some(there) = usable(context, request, preferences, &session.host) {
            all.push(there);
            continue;
        }
        let target = request.target.or_host(&session.host);
        if !target::can_run(&session.host, &target) {
            let host = &session.host;
            let message = format!("a build for {target} does not run on this machine ({host})");
            return Err(Failure::new(Kind::NotFound, message));
        }
        let index = index_in_use(session).await?;
        let plan = choose(session, &index.text, request.clone(), preferences).await?;
        all.push(InstallTarget::Plan(plan));
    }
    Ok(all)
}

/// The request for the twin of each installation.
fn twins<'a>(session: &Session, keys: impl Iterator<Item = &'a str>) -> Result<Vec<BuildRequest>> {
    let keys = keys.filter_map(|key| Key::from_name(key, &session.host));
    keys.map(|key| twin(&key)).collect()
}
