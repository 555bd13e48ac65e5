//! Checks whether a lock file matches a project's requests.

use crate::lock::document::{Lock, LockEntry, LockedBuild};
use crate::lock::platform::applies;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;

/// The differences between a lock file and a project, one message each; `pinned` are the requests
/// of the project's version file, if there is one.
#[must_use]
pub fn problems(lock: &Lock, pinned: Option<&[BuildRequest]>) -> Vec<String> {
    let mut found = Vec::new();
    let locked = lock.requests();
    for request in pinned.unwrap_or_default() {
        if !locked.contains(&request) {
            found.push(format!(
                "{request} is pinned by the version file but not locked"
            ));
        }
    }
    // Explicit requests are added to the version file's; all others are left over.
    let named = lock.requests.as_deref();
    let is_wanted = |request: &BuildRequest| {
        let mut lists = [named, pinned].into_iter().flatten();
        lists.any(|list| list.contains(request))
    };
    let is_told = named.is_some() || pinned.is_some();
    for request in locked.iter().filter(|one| is_told && !is_wanted(one)) {
        found.push(format!("{request} is locked but no longer requested"));
    }
    for request in lock.requests.iter().flatten() {
        if !locked.contains(&request) {
            found.push(format!("{request} is requested but not locked"));
        }
    }
    for request in locked {
        for platform in &lock.platforms {
            if applies(request, platform) && lock.entry(request, platform).is_none() {
                found.push(format!("{request} is not locked for {platform}"));
            }
        }
    }
    for entry in &lock.entries {
        if !lock.platforms.contains(&entry.platform) {
            let (request, platform) = (&entry.request, &entry.platform);
            found.push(format!(
                "{request} is locked for {platform}, which is not one of the file's platforms"
            ));
        }
        if let Some(provider) = foreign(entry, &lock.sources) {
            let (request, platform) = (&entry.request, &entry.platform);
            found.push(format!(
                "{request} for {platform} is locked from {provider}, which is not one of the file's sources"
            ));
        }
    }
    found
}

/// The provider of an entry if it is not one of these sources; no sources means all of them.
fn foreign(entry: &LockEntry, sources: &[ProviderName]) -> Option<ProviderName> {
    match &entry.found {
        LockedBuild::Build(one) => {
            Some(one.provider).filter(|provider| !sources.is_empty() && !sources.contains(provider))
        }
        LockedBuild::Nothing(_) => None,
    }
}

/// Whether an entry of an old lock file is still valid in a new one, whose sources and channels may
/// differ.
#[must_use]
pub fn is_still_valid(entry: &LockEntry, old: &Lock, new: &Lock) -> bool {
    match &entry.found {
        LockedBuild::Build(one) => {
            let is_of_channels = one.provider == ProviderName::Conda;
            foreign(entry, &new.sources).is_none()
                && (!is_of_channels || old.channels == new.channels)
        }
        LockedBuild::Nothing(_) => old.sources == new.sources && old.channels == new.channels,
    }
}
