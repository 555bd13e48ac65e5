//! Sets up the builds of a CI job: installs them, verifies every one, and tells what to export.

use crate::ci::{Exports, Facts};
use crate::error::{Failure, Kind, Result};
use crate::examine::{Examined, examine};
use crate::host::target;
use crate::ops::ci::cache_contents::CacheContents;
use crate::ops::ci::gil;
use crate::ops::ci::install::{obtain, obtain_again};
use crate::ops::ci::order::SetupOrder;
use crate::ops::context::Context;
use crate::ops::install::result::{InstallResult, row, say};
use crate::shim_links;
use crate::store::{Difference, Installed, Receipt};
use crate::wheel::WheelTarget;
use ftpy_core::key::Key;
use ftpy_core::target::Target;
use std::path::Path;

/// The installations that were set up.
pub(crate) struct SetUp {
    /// In the order of the requests.
    all: Vec<Verified>,
    cached: CacheContents,
}

/// An installation that was verified.
struct Verified {
    installed: Installed,
    receipt: Receipt,
}

impl SetUp {
    /// Returns the keys of the installations.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.all.iter().map(|one| one.installed.key.to_string());
        keys.collect()
    }

    /// Returns the free-threaded builds, as targets of wheels.
    pub(crate) fn targets(&self) -> Vec<WheelTarget> {
        let builds = self.all.iter().map(|one| &one.installed.key.build);
        let free = builds.filter(|build| build.abi.is_free_threaded());
        let mut targets: Vec<WheelTarget> = free
            .filter_map(|build| WheelTarget::of_build(build, &target::detect()))
            .collect();
        targets.sort();
        targets.dedup();
        targets
    }

    /// Returns what later steps get if this installation is the active one.
    pub(crate) fn exports(&self, context: &Context, active: usize) -> Exports {
        Exports::of(&facts(context, self, active))
    }
}

/// Sets up what is ordered. With `checks_gil`, also starts each `python` like the next step will.
pub(crate) fn set_up(context: &Context, order: &SetupOrder<'_>, checks_gil: bool) -> Result<SetUp> {
    let made = obtained(context, order)?;
    if checks_gil {
        for (active, one) in made.all.iter().enumerate() {
            gil::check(context, &one.installed, &made.exports(context, active))?;
        }
    }
    Ok(made)
}

/// Installs, writes the shims, and verifies every installation, because a cache may have brought
/// anything.
fn obtained(context: &Context, order: &SetupOrder<'_>) -> Result<SetUp> {
    let host = target::detect();
    let (outcomes, cached) = obtain(context, order)?;
    shim_links::ensure(&context.store, &host)?;
    let mut all = Vec::new();
    for outcome in &outcomes {
        say(&context.reporter, outcome);
        let (one, examined) = looked_at(outcome, &host)?;
        if examined.is_sound {
            all.push(one);
            continue;
        }
        if row(outcome).is_new || one.installed.key.provider.is_external() {
            return Err(unsound(&examined));
        }
        // Caches of CI systems often cannot be changed, so every later job would fail here, too.
        let key = &examined.key;
        context.reporter.warn(format!(
            "reinstalling {key}, which is damaged ({}); if it came from a cache, remove the cache \
             entry {}",
            about(&examined).next().unwrap_or_default(),
            cached.key
        ));
        let again = obtain_again(context, order, key).map_err(|failure| {
            let details = failure.details.clone();
            unsound(&examined)
                .details([format!("reinstalling failed: {failure}")])
                .details(details)
        })?;
        shim_links::ensure(&context.store, &host)?;
        say(&context.reporter, &again);
        let (one, examined) = looked_at(&again, &host)?;
        if !examined.is_sound {
            return Err(unsound(&examined));
        }
        all.push(one);
    }
    let made = SetUp { all, cached };
    if !cache_paths(&made).is_empty() {
        let pairs = made.all.iter().zip(&made.cached.installations);
        for (one, first) in pairs {
            let key = one.installed.key.to_string();
            if key != *first {
                context.reporter.note(format!(
                    "this cache contains {key} instead of {first}: {}",
                    made.cached.key
                ));
            }
        }
    }
    Ok(made)
}

/// Verifies one installation.
fn looked_at(outcome: &InstallResult, host: &Target) -> Result<(Verified, Examined)> {
    let row = row(outcome);
    let key = Key::from_name(row.key, host).ok_or_else(|| {
        let message = format!("`{}` is not a valid key of an installation", row.key);
        Failure::new(Kind::Internal, message)
    })?;
    let installed = Installed {
        key,
        prefix: row.prefix.to_owned(),
    };
    let examined = examine(&installed, host)?;
    let receipt = row.receipt.clone();
    Ok((Verified { installed, receipt }, examined))
}

/// Returns one line for each problem.
fn about(examined: &Examined) -> impl Iterator<Item = String> {
    let differences = examined.differences.iter().take(10);
    let differences = differences.map(Difference::line);
    examined.complaints.iter().cloned().chain(differences)
}

fn unsound(examined: &Examined) -> Failure {
    let message = format!("{} is damaged or not the requested build", examined.key);
    Failure::new(Kind::Integrity, message)
        .details(about(examined))
        .hint(format!(
            "remove the cache if it came from one, then run `{}`",
            examined.fix
        ))
}

/// Returns the directories to cache if they contain what was set up. conda builds are unknown
/// before channels are queried, and external interpreters are never cached.
fn cache_paths(made: &SetUp) -> Vec<String> {
    let kept = made.all.iter().map(|one| &one.installed);
    let mut kept = kept
        .filter(|one| !one.key.provider.is_external())
        .peekable();
    let paths = &made.cached.paths;
    let is_any = kept.peek().is_some();
    if !is_any || !kept.all(|one| paths.contains(&one.prefix)) {
        return Vec::new();
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

fn facts(context: &Context, made: &SetUp, active: usize) -> Facts {
    let text = |path: &Path| path.display().to_string();
    let Verified { installed, receipt } = &made.all[active];
    let build = &installed.key.build;
    let is_external = installed.key.provider.is_external();
    Facts {
        key: installed.key.to_string(),
        version: build.name(),
        abi_tag: format!(
            "cp{}{}{}",
            build.version.major, build.version.minor, build.abi
        ),
        is_free_threaded: build.abi.is_free_threaded(),
        location: match is_external {
            true => receipt.probe.prefix.clone(),
            false => text(&installed.prefix),
        },
        python: text(&installed.prefix.join(&receipt.executable)),
        shims: text(&context.store.shims()),
        installs: text(&context.store.installs()),
        // /usr/bin is already on PATH and should keep its place.
        bin: (!is_external).then(|| text(&installed.prefix.join("bin"))),
        own_store: context
            .env
            .has_own_store
            .then(|| text(context.store.root())),
        pkg_config_path: context
            .env
            .ci
            .pkg_config_path
            .as_ref()
            .map(|list| list.to_string_lossy().into_owned()),
        cache_key: made.cached.key.clone(),
        cache_paths: cache_paths(made),
    }
}
