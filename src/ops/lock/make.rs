//! Makes a lock. Locked builds are kept unless they are upgraded; the others are resolved.

use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::lock::{Lock, LockEntry, LockedBuild, applies, is_still_valid};
use crate::ops::context::Context;
use crate::ops::lock::resolve::{LockSources, resolve};
use crate::ops::session::{index_in_use, newest_index, with_session};
use crate::report::Verb;
use crate::secret_url::SecretUrl;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;
use std::collections::BTreeSet;

/// What to lock.
pub(crate) struct LockRequest {
    /// The requests that were given, now or when the lock was made.
    pub(crate) named: Option<Vec<BuildRequest>>,
    /// These and the version file's.
    pub(crate) requests: Vec<BuildRequest>,
    pub(crate) platforms: Vec<Target>,
    /// Whether the platforms were chosen. Each of them must then have a build.
    pub(crate) is_chosen: bool,
    pub(crate) wanted: LockSources,
    /// The requests to resolve again; all of them if empty.
    pub(crate) upgrade: Option<Vec<BuildRequest>>,
}

/// Makes a lock; `old` is the lock that it replaces.
///
/// # Errors
/// Returns an error if a request has no build, or a relevant source is unreachable.
pub(crate) fn lock(context: &Context, old: Option<&Lock>, asked: &LockRequest) -> Result<Lock> {
    with_session(&upstream(context), Options::default(), async |session| {
        make(session, context, old, asked).await
    })
}

/// Makes a lock of named requests, for platforms that must all have a build. No file is written.
///
/// # Errors
/// Like [`lock`].
pub(crate) fn in_memory(
    context: &Context,
    requests: Vec<BuildRequest>,
    platforms: Vec<Target>,
    sources: Vec<ProviderName>,
) -> Result<Lock> {
    let asked = LockRequest {
        named: Some(requests.clone()),
        requests,
        platforms,
        is_chosen: true,
        wanted: LockSources {
            sources,
            channels: Vec::new(),
        },
        upgrade: None,
    };
    lock(context, None, &asked)
}

/// Returns the context without this machine's mirrors, because a lock contains upstream's URLs.
fn upstream(context: &Context) -> Context {
    let mut env = context.env.clone();
    env.pbs_mirror = None;
    env.source_mirror = None;
    Context {
        env,
        store: context.store.clone(),
        reporter: context.reporter.clone(),
        is_offline: context.is_offline,
    }
}

/// Makes the lock. Locked builds are kept unless they are upgraded; the others are resolved.
async fn make(
    session: &Session,
    context: &Context,
    old: Option<&Lock>,
    asked: &LockRequest,
) -> Result<Lock> {
    let index = match asked.upgrade {
        Some(_) => newest_index(session, context.is_offline).await?,
        None => index_in_use(session).await?,
    };
    let is_upgraded = |request: &BuildRequest| {
        let upgrade = asked.upgrade.as_ref();
        upgrade.is_some_and(|some| some.is_empty() || some.contains(request))
    };
    let task = session.reporter.task("lock");
    let mut lock = empty(asked);
    let mut notes = BTreeSet::new();
    let mut is_any_kept = false;
    for request in &asked.requests {
        for platform in asked.platforms.iter().filter(|one| applies(request, one)) {
            let known = old.and_then(|old| {
                let known = old.entry(request, platform)?;
                is_still_valid(known, old, &lock).then_some(known)
            });
            if let Some(known) = known.filter(|_| !is_upgraded(request)) {
                is_any_kept = true;
                lock.entries.push(known.clone());
                continue;
            }
            task.step_on(Verb::Resolving, format!("{request} for {platform}"));
            session.cancel().check()?;
            let (found, said) =
                resolve(session, &index.text, request, platform, &asked.wanted).await?;
            notes.extend(said);
            lock.entries.push(LockEntry {
                request: request.clone(),
                platform: platform.clone(),
                found,
            });
        }
    }
    for note in notes {
        session.reporter.note(note);
    }
    lock.sort();
    check_complete(&lock, asked)?;
    for line in of_many_versions(&lock) {
        session.reporter.warn(line);
    }
    let is_other = |old: &Lock| (&old.sources, &old.channels) != (&lock.sources, &lock.channels);
    if is_any_kept && old.is_some_and(is_other) {
        let text = "builds that are locked and still available were kept";
        session
            .reporter
            .note(format!("{text}; `ftpy lock --upgrade` resolves them again"));
    }
    Ok(lock)
}

/// Returns the lock without entries.
fn empty(asked: &LockRequest) -> Lock {
    let channels = asked.wanted.channels.iter();
    Lock {
        requests: asked.named.clone(),
        platforms: asked.platforms.clone(),
        sources: asked.wanted.sources.clone(),
        channels: channels
            .map(|name| SecretUrl::from(name.as_str()).to_string())
            .collect(),
        entries: Vec::new(),
    }
}

/// Checks that each chosen platform has every build, and that each request has at least one.
fn check_complete(lock: &Lock, asked: &LockRequest) -> Result<()> {
    for request in &asked.requests {
        let entries = lock
            .entries
            .iter()
            .filter(|entry| entry.request == *request);
        let reasons: Vec<String> = entries
            .clone()
            .filter_map(|entry| match &entry.found {
                LockedBuild::Nothing(reason) => Some(format!("{}: {reason}", entry.platform)),
                LockedBuild::Build(_) => None,
            })
            .collect();
        let is_nowhere = reasons.len() == entries.count();
        if is_nowhere || (asked.is_chosen && !reasons.is_empty()) {
            let message = match is_nowhere {
                true => format!("cannot lock {request}: no source has it"),
                false => format!("cannot lock {request} for every platform"),
            };
            return Err(Failure::new(Kind::NotFound, message).details(reasons).hint(
                "`ftpy list --available` lists the available builds; --platform selects platforms",
            ));
        }
    }
    Ok(())
}

/// Returns one line for each request that resolves to different versions on different platforms.
pub(crate) fn of_many_versions(lock: &Lock) -> Vec<String> {
    let line = |request: &&BuildRequest| {
        let mut versions: Vec<(String, Vec<String>)> = Vec::new();
        for entry in lock.entries.iter().filter(|one| one.request == **request) {
            let LockedBuild::Build(one) = &entry.found else {
                continue;
            };
            let name = format!("{} ({})", one.build.name(), one.provider);
            let platform = entry.platform.to_string();
            match versions.iter_mut().find(|(known, _)| *known == name) {
                Some((_, platforms)) => platforms.push(platform),
                None => versions.push((name, vec![platform])),
            }
        }
        let is_one = |(name, _): &(String, Vec<String>)| {
            let version = |name: &str| name.split(' ').next().map(str::to_owned);
            versions
                .first()
                .is_some_and(|first| version(&first.0) == version(name))
        };
        if versions.iter().all(is_one) {
            return None;
        }
        let each = versions.iter();
        let each = each.map(|(name, platforms)| format!("{name} on {}", platforms.join(", ")));
        let each: Vec<String> = each.collect();
        Some(format!(
            "{request} resolves to different versions: {}",
            each.join("; ")
        ))
    };
    lock.requests().iter().filter_map(line).collect()
}
