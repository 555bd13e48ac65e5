//! Selects the locked builds for a bundle or a mirror.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::lock::{DEFAULT_PLATFORMS, Lock, LockEntry, LockedBuild, applies, platform};
use crate::ops::context::Context;
use crate::ops::lock::make::in_memory;
use crate::ops::lock::project::Project;
use crate::ops::lookup_installed;
use crate::provider::Candidate;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;

/// The selection on the command line.
pub(crate) struct LockSelection<'a> {
    pub(crate) requests: &'a [String],
    /// This machine if empty; may be `all`.
    pub(crate) platforms: &'a [String],
    pub(crate) from: &'a [String],
    /// Whether to resolve named requests again and ignore the lock.
    pub(crate) is_newest: bool,
}

/// Returns the selected part of the project's lock, or a lock of the named requests.
///
/// # Errors
/// Returns an error if there is neither a lock nor a request, or a build is missing.
pub(crate) fn select(context: &Context, asked: &LockSelection<'_>) -> Result<Lock> {
    let requests = asked
        .requests
        .iter()
        .map(|text| lookup_installed::read(text));
    let requests: Vec<BuildRequest> = requests.collect::<Result<_>>()?;
    let project = Project::find(context)?;
    let is_anew = !requests.is_empty() && (asked.is_newest || project.lock.is_none());
    if is_anew {
        let common = DEFAULT_PLATFORMS
            .iter()
            .filter_map(|name| platform(name).ok());
        let platforms = platforms(asked.platforms, &common.collect::<Vec<_>>())?;
        let from = lookup_installed::providers(asked.from)?;
        return in_memory(context, requests, platforms, from);
    }
    if !asked.from.is_empty() {
        let message =
            "--from needs requests on the command line: the sources of the lock are fixed";
        return Err(Failure::new(Kind::Usage, message));
    }
    let lock = project.fitting_lock(Kind::Usage)?;
    let requests = match requests.is_empty() {
        true => lock.requests().into_iter().cloned().collect(),
        false => requests,
    };
    cut(lock, requests, platforms(asked.platforms, &lock.platforms)?)
}

fn platforms(texts: &[String], all: &[Target]) -> Result<Vec<Target>> {
    match texts {
        [] => Ok(vec![target::detect()]),
        [one] if one == "all" => Ok(all.to_vec()),
        texts => {
            let read = |text: &String| {
                let read = platform(text);
                read.map_err(|reason| Failure::new(Kind::Usage, format!("--platform: {reason}")))
            };
            texts.iter().map(read).collect()
        }
    }
}

/// Returns a part of a lock. Every request must have a build for each of its platforms.
fn cut(lock: &Lock, requests: Vec<BuildRequest>, platforms: Vec<Target>) -> Result<Lock> {
    let mut entries: Vec<LockEntry> = Vec::new();
    for request in &requests {
        for platform in platforms.iter().filter(|one| applies(request, one)) {
            match lock.entry(request, platform) {
                Some(entry) if matches!(entry.found, LockedBuild::Build(_)) => {
                    entries.push(entry.clone());
                }
                _ => {
                    let message = format!("the lock file has no build of {request} for {platform}");
                    return Err(Failure::new(Kind::NotFound, message)
                        .hint("run `ftpy lock --platform PLATFORM` to lock more platforms"));
                }
            }
        }
    }
    let mut part = Lock {
        requests: Some(requests),
        platforms,
        entries,
        ..Lock::default()
    };
    part.sort();
    Ok(part)
}

/// Returns the builds of a lock without duplicates.
pub(crate) fn builds(lock: &Lock) -> Vec<&Candidate> {
    let mut found: Vec<&Candidate> = Vec::new();
    for entry in &lock.entries {
        if let LockedBuild::Build(candidate) = &entry.found
            && !found.contains(&candidate.as_ref())
        {
            found.push(candidate);
        }
    }
    found
}

/// Returns whether any build is conda's.
pub(crate) fn has_conda(builds: &[&Candidate]) -> bool {
    builds.iter().any(|one| one.provider == ProviderName::Conda)
}
