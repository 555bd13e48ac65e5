//! The key and the directories of a CI cache.
//!
//! `ftpy ci cache-key` and `ftpy ci setup` must agree: a cache is looked up by the key that the
//! former prints on an empty machine, and saved under the key that the latter prints afterwards.
//! Both therefore use the plan and not its result, which may be a fallback.

use crate::ci::{CacheInputs, Part, cache_key};
use crate::error::Result;
use crate::host::target;
use crate::ops::ci::fingerprint::machine;
use crate::ops::ci::order::SetupOrder;
use crate::ops::ci::order::in_lock;
use crate::ops::context::Context;
use crate::ops::install::locked;
use crate::ops::install::target::{InstallTarget, check_plans};
use crate::resolve::Attempt;
use crate::store::Installed;
use ftpy_core::abi::Abi;
use ftpy_core::key::{Key, Parts};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Build, BuildRequest};
use ftpy_core::target::Target;
use std::path::PathBuf;

/// The key and the contents of a cache.
#[derive(Debug)]
pub(crate) struct CacheContents {
    pub(crate) key: String,
    /// Every directory that may contain an installation. Most of them will not exist, because it is
    /// not yet known which build will be installed.
    pub(crate) paths: Vec<PathBuf>,
    /// The keys of what is installed, or of the first attempts.
    pub(crate) installations: Vec<String>,
}

/// Returns the cache of what is installed or planned, with the twins last.
pub(crate) fn of_plans(
    context: &Context,
    order: &SetupOrder<'_>,
    host: &Target,
    targets: &[&InstallTarget],
) -> Result<CacheContents> {
    let parts = parts(context, host, targets)?;
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut add = |key: &Key| {
        let path = context.store.prefix(key);
        if !key.provider.is_external() && !paths.contains(&path) {
            paths.push(path);
        }
    };
    for target in targets {
        for key in keys(target, host) {
            add(&key);
            if let Some(twin) = other(&key).filter(|_| order.has_twins) {
                add(&twin);
            }
        }
    }
    let requests = in_lock(order)?;
    let asked = CacheInputs {
        requests: requests.iter().map(ToString::to_string).collect(),
        sources: order.preferences.from.clone(),
        has_twins: order.has_twins,
        machine: may_compile(order).then(|| machine(&context.env)),
    };
    Ok(cached(&parts, &asked, paths))
}

/// Returns the cache of a lock's builds.
pub(crate) fn of_lock(
    context: &Context,
    requests: &[BuildRequest],
    lock: &crate::lock::Lock,
) -> Result<CacheContents> {
    let host = target::detect();
    let part = |request: &BuildRequest| {
        let candidate = locked::locked(lock, request, &host)?;
        let is_host = candidate.build.target == host;
        Attempt::new(candidate, is_host)
    };
    let attempts: Vec<Attempt> = requests.iter().map(part).collect::<Result<_>>()?;
    let parts: Vec<Part> = attempts.iter().map(Part::planned).collect();
    let kept = attempts.iter().zip(&parts).filter(|(_, part)| part.is_kept);
    let paths = kept.map(|(attempt, _)| context.store.prefix(&attempt.key));
    let paths = paths.collect();
    // The digests cover everything except the machine that compiles.
    let asked = CacheInputs {
        machine: parts
            .iter()
            .any(|part| part.is_compiled)
            .then(|| machine(&context.env)),
        ..CacheInputs::default()
    };
    Ok(cached(&parts, &asked, paths))
}

fn cached(parts: &[Part], asked: &CacheInputs, paths: Vec<PathBuf>) -> CacheContents {
    CacheContents {
        key: cache_key(parts, asked),
        paths,
        installations: parts.iter().map(|part| part.key.clone()).collect(),
    }
}

/// Returns what is installed, or the first attempt.
fn parts(context: &Context, host: &Target, targets: &[&InstallTarget]) -> Result<Vec<Part>> {
    check_plans(targets.iter().copied())?;
    let part = |target: &&InstallTarget| match target {
        InstallTarget::Installed(existing) => {
            let receipt = &existing.receipt;
            let key = Key::from_name(&receipt.key, host)?;
            let prefix = context.store.prefix(&key);
            let installed = Installed { key, prefix };
            Some(Part::installed(&installed, receipt))
        }
        InstallTarget::Plan(plan) => Some(Part::planned(plan.attempts.first()?)),
        InstallTarget::Archive(_) => None,
    };
    Ok(targets.iter().filter_map(part).collect())
}

/// Returns the key of what is installed, or of every attempt.
fn keys(resolution: &InstallTarget, host: &Target) -> Vec<Key> {
    match resolution {
        InstallTarget::Installed(existing) => Key::from_name(&existing.receipt.key, host)
            .into_iter()
            .collect(),
        InstallTarget::Plan(plan) => plan.attempts.iter().map(|one| one.key.clone()).collect(),
        InstallTarget::Archive(_) => Vec::new(),
    }
}

/// Returns the key of the twin.
fn other(key: &Key) -> Option<Key> {
    let build = Build {
        abi: Abi {
            threading: key.build.abi.threading.other(),
            ..key.build.abi
        },
        ..key.build.clone()
    };
    Key::new(Parts {
        build,
        ..(**key).clone()
    })
}

/// Returns whether a build may be compiled, at least as a fallback.
fn may_compile(order: &SetupOrder<'_>) -> bool {
    let from = &order.preferences.from;
    let may = |request: &BuildRequest| match request.provider {
        Some(provider) => provider == ProviderName::Source,
        None => from.is_empty() || from.contains(&ProviderName::Source),
    };
    order.requests.iter().any(may)
}
