//! Finds and removes unused old patches. A patch is old if a newer one of the same minor, variant,
//! flavours and source is installed, and unused if no alias, default, pin, lock file or known
//! virtual environment refers to it.

use crate::error::Result;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::in_use::InUse;
use crate::ops::move_packages::packages_in;
use crate::report::text;
use crate::shim_links;
use crate::store::{Installed, Receipt, ReferenceKind};
use ftpy_core::key::{Key, build_rank};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::version::Version;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// An unused installation.
pub(crate) struct Unused {
    pub(crate) key: Key,
    /// The total size of its files.
    pub(crate) bytes: u64,
    /// The number of packages installed into it, not counting pip.
    pub(crate) packages: usize,
}

/// Returns the unused installations that a newer build supersedes.
pub(crate) fn unused(context: &Context) -> Result<Vec<Unused>> {
    let host = target::detect();
    context.store.sweep()?;
    shim_links::ensure(&context.store, &host)?;
    let all = context.store.installed(&host);
    let used = InUse::look(context, &all, &host);
    let doomed = doomed(context, &all, &used).into_iter();
    let unused = doomed.map(|installed| Unused {
        key: installed.key.clone(),
        bytes: size(&installed.prefix),
        packages: packages_in(&installed.prefix).len(),
    });
    Ok(unused.collect())
}

/// Removes installations.
pub(crate) fn remove(context: &Context, unused: &[Unused]) -> Result<()> {
    let host = target::detect();
    for Unused { key, .. } in unused {
        let _lock = context.store.lock_key(key, |_| {}, || false)?;
        shim_links::remove_installation(&context.store, &host, key)?;
        context.reporter.say(format!("removed {key}"));
    }
    shim_links::ensure(&context.store, &host)
}

/// Returns the environments of scripts whose installation was removed.
pub(crate) fn script_environments(context: &Context) -> Vec<PathBuf> {
    context
        .store
        .orphaned_script_environments(&target::detect())
}

/// Removes such environments, except those in use.
pub(crate) fn remove_script_environments(context: &Context, paths: &[PathBuf]) -> Result<()> {
    let mut removed = 0;
    for path in paths {
        removed += usize::from(context.store.remove_script_environment(path)?);
    }
    if removed > 0 {
        let count = text::count(removed, "script environment");
        context.reporter.say(format!("removed {count}"));
    }
    Ok(())
}

/// Forgets projects and virtual environments that are missing, and returns their paths.
pub(crate) fn forget_missing(context: &Context) -> Result<Vec<PathBuf>> {
    let mut forgotten = Vec::new();
    for what in [
        ReferenceKind::Pins,
        ReferenceKind::Locks,
        ReferenceKind::Venvs,
    ] {
        forgotten.extend(context.store.forget_missing(what)?);
    }
    Ok(forgotten)
}

fn doomed<'a>(context: &Context, all: &'a [Installed], used: &InUse<'_>) -> Vec<&'a Installed> {
    let reporter = &context.reporter;
    let mut doomed = Vec::new();
    let mut missing: BTreeSet<PathBuf> = BTreeSet::new();
    for installed in all.iter().filter(|one| !one.key.provider.is_external()) {
        let key = installed.key.to_string();
        let users = used.users(&key);
        let is_old = is_superseded(installed, all);
        match users
            .iter()
            .find(|user| user.missing.is_none())
            .or(users.first())
        {
            Some(user) => reporter.detail(format!("keeping {key}: {}", user.text)),
            None if is_old => doomed.push(installed),
            None => {
                let reason = "no newer build of its kind is installed";
                reporter.detail(format!("keeping {key}: {reason}"));
            }
        }
        if is_old && users.iter().all(|user| user.missing.is_some()) {
            missing.extend(users.iter().filter_map(|user| user.missing.clone()));
        }
    }
    for path in &missing {
        reporter.note(format!(
            "{} is missing; what it uses is kept",
            path.display()
        ));
    }
    if !missing.is_empty() {
        reporter.hint("`ftpy prune --forget-missing` forgets missing projects and environments");
    }
    if !used.doubts.is_empty() && !doomed.is_empty() {
        for doubt in &used.doubts {
            reporter.warn(format!(
                "{doubt}: it may use any of them, so nothing is removed"
            ));
        }
        doomed.clear();
    }
    doomed
}

/// Returns whether a newer, undamaged build of the same minor, variant, flavours, platform and
/// source is installed. Builds with custom names, flags, patches or sources are never superseded.
fn is_superseded(installed: &Installed, all: &[Installed]) -> bool {
    let key = &installed.key;
    if key.provider.is_external() || key.provider == ProviderName::Archive || key.is_ones_own() {
        return false;
    }
    let kind = |key: &Key| {
        let build = &key.build;
        let series = build.version.series();
        (
            series,
            build.abi,
            build.flavours.clone(),
            build.target.clone(),
            key.provider,
        )
    };
    all.iter().any(|other| {
        let is_release = !other.key.build.version.is_prerelease();
        kind(&other.key) == kind(key)
            && !other.key.is_ones_own()
            && order(&other.key) > order(key)
            // A pre-release does not supersede a release.
            && (is_release || key.build.version.is_prerelease())
            && Receipt::if_whole(other).is_some_and(|newer| is_same_origin(installed, &newer))
    })
}

/// The sort key of the builds of one source.
fn order(key: &Key) -> (Version, (bool, usize, &str)) {
    (key.build.version, build_rank(key.build_id.as_deref()))
}

/// Returns whether two conda builds come from the same channel. Other sources have only one.
fn is_same_origin(installed: &Installed, newer: &Receipt) -> bool {
    if installed.key.provider != ProviderName::Conda {
        return true;
    }
    // <channel>/<platform>/<file>
    let channel = |receipt: &Receipt| {
        let mut parts = receipt.artifact.url.rsplitn(3, '/');
        parts.nth(2).map(str::to_owned)
    };
    Receipt::of(installed).is_ok_and(|own| channel(&own) == channel(newer))
}

/// Returns the total size of the files below a directory.
fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
