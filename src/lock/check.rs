//! Whether a lock says what a project asks for, no more and no less.

use crate::lock::document::{Lock, LockEntry, LockedBuild};
use crate::lock::platform::applies;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;

/// What a lock and a project do not agree on, one sentence each; `pinned` is what the project's
/// version file names, if there is one.
#[must_use]
pub fn problems(lock: &Lock, pinned: Option<&[BuildRequest]>) -> Vec<String> {
    let mut found = Vec::new();
    let locked = lock.requests();
    for request in pinned.unwrap_or_default() {
        if !locked.contains(&request) {
            found.push(format!(
                "the version file asks for {request}, which is not in it"
            ));
        }
    }
    // Requests that were named stand beside the version file's; others are left over.
    let named = lock.requests.as_deref();
    let is_wanted = |request: &BuildRequest| {
        let mut lists = [named, pinned].into_iter().flatten();
        lists.any(|list| list.contains(request))
    };
    let is_told = named.is_some() || pinned.is_some();
    for request in locked.iter().filter(|one| is_told && !is_wanted(one)) {
        found.push(format!("it has {request}, which nobody asks for"));
    }
    for request in lock.requests.iter().flatten() {
        if !locked.contains(&request) {
            found.push(format!("{request} is among its requests, but not in it"));
        }
    }
    for request in locked {
        for platform in &lock.platforms {
            if applies(request, platform) && lock.entry(request, platform).is_none() {
                found.push(format!("{request} is not in it for {platform}"));
            }
        }
    }
    for entry in &lock.entries {
        if !lock.platforms.contains(&entry.platform) {
            let (request, platform) = (&entry.request, &entry.platform);
            found.push(format!(
                "it has {request} for {platform}, which is not among its platforms"
            ));
        }
        if let Some(provider) = foreign(entry, &lock.sources) {
            let (request, platform) = (&entry.request, &entry.platform);
            found.push(format!(
                "it has {request} for {platform} from {provider}, which is not among its sources"
            ));
        }
    }
    found
}

/// The provider of an entry, if these sources do not name it; none of them is every one.
fn foreign(entry: &LockEntry, sources: &[ProviderName]) -> Option<ProviderName> {
    match &entry.found {
        LockedBuild::Build(one) => {
            Some(one.provider).filter(|provider| !sources.is_empty() && !sources.contains(provider))
        }
        LockedBuild::Nothing(_) => None,
    }
}

/// Whether an entry of an old lock still stands in a new one, whose sources and channels may be
/// others: nobody would find it there again, or somebody would who was not asked.
#[must_use]
pub fn stands(entry: &LockEntry, old: &Lock, new: &Lock) -> bool {
    match &entry.found {
        LockedBuild::Build(one) => {
            let is_of_channels = one.provider == ProviderName::Conda;
            foreign(entry, &new.sources).is_none()
                && (!is_of_channels || old.channels == new.channels)
        }
        LockedBuild::Nothing(_) => old.sources == new.sources && old.channels == new.channels,
    }
}
