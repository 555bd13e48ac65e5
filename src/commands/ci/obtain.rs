//! Requests, and their twins, to what is installed or would be.

use crate::ci::Part;
use crate::commands::choose::choose;
use crate::commands::install::usable;
use crate::commands::locked;
use crate::commands::outcome::{Outcome, Resolution, check_plans, execute_all, row};
use crate::commands::request::with_threading;
use crate::commands::session::{index_in_use, jobs, with_session};
use crate::commands::start::Context;
use crate::commands::twin::twin;
use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::target;
use crate::lock::Lock;
use crate::resolve::{Attempt, Preferences};
use crate::store::{Installed, Receipt};
use ftpy_shims::key::Key;
use ftpy_shims::request::BuildRequest;
use std::sync::Arc;

/// What is wanted.
pub(super) struct Order<'a> {
    pub(super) requests: &'a [BuildRequest],
    /// Whether each brings its twin along.
    pub(super) has_twins: bool,
    pub(super) preferences: &'a Preferences,
    /// What says which bytes they are.
    pub(super) lock: Option<&'a Lock>,
}

/// Installs what is not there. The installations stand in the order of the requests, their twins
/// behind them.
pub(super) fn obtain(context: &Context, order: &Order<'_>) -> Result<Vec<Outcome>> {
    let options = Options {
        jobs: jobs(),
        ..Options::default()
    };
    if let Some(lock) = order.lock {
        let requests = in_lock(order)?;
        let requests: Vec<&BuildRequest> = requests.iter().collect();
        return locked::install(context, lock, &requests, options);
    }
    with_session(context, options, async |session| {
        session.store.sweep()?;
        let first = resolve(context, session, order.requests, order.preferences).await?;
        check_plans(&first)?;
        if order.has_twins {
            // Before minutes of work: whether the best has one.
            let parts = parts(session, &first)?;
            let twins = twins(session, parts.iter().map(|part| part.key.as_str()))?;
            check_plans(&resolve(context, session, &twins, order.preferences).await?)?;
        }
        let mut outcomes = execute_all(session, first).await?;
        if order.has_twins {
            // Of what was really obtained: another patch than the best may have been.
            let keys = outcomes.iter().map(|outcome| row(outcome).key);
            let twins = twins(session, keys)?;
            let second = resolve(context, session, &twins, order.preferences).await?;
            check_plans(&second)?;
            outcomes.extend(execute_all(session, second).await?);
        }
        Ok(outcomes)
    })
}

/// What [`obtain`] would install or find, if the best that there is can be had.
pub(super) fn plan(context: &Context, order: &Order<'_>) -> Result<Vec<Part>> {
    if let Some(lock) = order.lock {
        let host = target::detect();
        let part = |request: &BuildRequest| {
            let candidate = locked::locked(lock, request, &host)?;
            let is_host = candidate.build.target == host;
            let attempt = Attempt::new(candidate, is_host);
            Ok(Part::planned(&attempt, is_host))
        };
        return in_lock(order)?.iter().map(part).collect();
    }
    with_session(context, Options::default(), async |session| {
        let first = resolve(context, session, order.requests, order.preferences).await?;
        let mut parts = parts(session, &first)?;
        if order.has_twins {
            let twins = twins(session, parts.iter().map(|part| part.key.as_str()))?;
            let second = resolve(context, session, &twins, order.preferences).await?;
            parts.extend(self::parts(session, &second)?);
        }
        Ok(parts)
    })
}

/// The requests and their twins, each of which has to be in the lock: nothing else is looked for.
fn in_lock(order: &Order<'_>) -> Result<Vec<BuildRequest>> {
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

/// What is there already, and plans for the rest. Without a plan to make, no index is asked for.
async fn resolve(
    context: &Context,
    session: &Arc<Session>,
    requests: &[BuildRequest],
    preferences: &Preferences,
) -> Result<Vec<Resolution>> {
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
        all.push(Resolution::Plan(plan));
    }
    Ok(all)
}

fn parts(session: &Session, resolutions: &[Resolution]) -> Result<Vec<Part>> {
    check_plans(resolutions)?;
    let part = |resolution: &Resolution| match resolution {
        Resolution::Installed(receipt, _) => {
            installed(session, receipt).map(|installed| Part::installed(&installed, receipt))
        }
        Resolution::Plan(plan) => {
            let attempt = plan.attempts.first()?;
            let is_host = attempt.candidate.build.target == session.host;
            Some(Part::planned(attempt, is_host))
        }
        Resolution::Archive(_) => None,
    };
    Ok(resolutions.iter().filter_map(part).collect())
}

fn installed(session: &Session, receipt: &Receipt) -> Option<Installed> {
    Some(Installed {
        key: Key::from_name(&receipt.key, &session.host)?,
        prefix: session.store.prefix(&receipt.key),
    })
}

/// The request for the twin of each installation.
fn twins<'a>(session: &Session, keys: impl Iterator<Item = &'a str>) -> Result<Vec<BuildRequest>> {
    let keys = keys.filter_map(|key| Key::from_name(key, &session.host));
    keys.map(|key| twin(&key)).collect()
}
