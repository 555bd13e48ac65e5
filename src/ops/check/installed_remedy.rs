//! What to do about installed packages that turn the GIL on. Their index is known to the installer
//! of the person, which is asked for it only here.

use crate::check::{CheckedPackage, Class, Dependency, Remedy};
use crate::error::{Kind, Result};
use crate::execute::Options;
use crate::ops::check::remedy;
use crate::ops::check::remedy_cache::{self, Age};
use crate::ops::check::resolve::{Pins, indexes, too_slow};
use crate::ops::context::Context;
use crate::ops::session::with_session;
use crate::wheel::WheelTarget;
use crate::wheel_reader::ReaderTools;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How far to go for the name of a good version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Only what is cached.
    Cached,
    /// Also the index, for as long as this.
    Index(Duration),
}

/// Adds a remedy to each package that turns the GIL on. `pip` is tried if neither uv nor pip is on
/// PATH.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C.
pub(crate) fn add(
    context: &Context,
    packages: &mut [CheckedPackage],
    target: WheelTarget,
    (asking, pip): (&Asking, Option<PathBuf>),
) -> Result<()> {
    let is_asking = *asking != Asking::Cached && !context.is_offline;
    let age = if is_asking { Age::Fresh } else { Age::Any };
    let mut missing: Vec<&mut CheckedPackage> = Vec::new();
    for package in packages.iter_mut().filter(|it| it.class == Class::TurnsOn) {
        // Files of no package, and packages that are not from an index.
        let is_settled = |it: &Remedy| it.none_because.is_some();
        if package.version.is_empty() || package.remedy.as_ref().is_some_and(is_settled) {
            continue;
        }
        match remedy_cache::read(&context.store, &key(package, target), age) {
            Some(found) => set(package, &found),
            None => missing.push(package),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let Asking::Index(limit) = asking else {
        return Ok(());
    };
    let asked = match context.is_offline {
        true => Err("--offline".to_owned()),
        false => ask(context, &missing, target, (*limit, pip)),
    };
    match asked {
        Ok(found) => {
            for (package, found) in missing.iter_mut().zip(found) {
                set(package, &found);
            }
        }
        Err(why) => missing.iter_mut().for_each(|package| {
            let stale = remedy_cache::read(&context.store, &key(package, target), Age::Any);
            set(package, &stale.unwrap_or_else(|| remedy::unknown(&why)));
        }),
    }
    Ok(())
}

fn key(package: &CheckedPackage, target: WheelTarget) -> crate::digest::Digest {
    remedy_cache::key((&package.name, &package.version), target, None)
}

fn set(package: &mut CheckedPackage, found: &Remedy) {
    let remedy = package.remedy.get_or_insert_default();
    let tracker = remedy.tracker.take();
    *remedy = Remedy {
        tracker,
        ..found.clone()
    };
}

/// Asks the installer for the index, and the index for other versions, in the same order.
fn ask(
    context: &Context,
    packages: &[&mut CheckedPackage],
    target: WheelTarget,
    (limit, pip): (Duration, Option<PathBuf>),
) -> Result<Vec<Remedy>, String> {
    let deadline = Instant::now() + limit;
    let mut wanted: Vec<CheckedPackage> = packages
        .iter()
        .map(|package| CheckedPackage {
            name: package.name.clone(),
            version: package.version.clone(),
            target: Some(target),
            class: Class::TurnsOn,
            ..CheckedPackage::default()
        })
        .collect();
    let asked = with_session(context, Options::default(), async |session| {
        let pins = Pins {
            cancel: session.net.cancel(),
            minor: target.minor,
            deadline: Some(deadline),
            pip,
        };
        let names: Vec<(String, String)> = wanted
            .iter()
            .map(|it| (it.name.clone(), it.version.clone()))
            .collect();
        let found = tokio::task::block_in_place(|| indexes(context, pins, &names))?;
        let dependencies = names.into_iter().zip(found);
        let dependencies: Vec<Dependency> = dependencies
            .map(|((name, version), index)| Dependency {
                name,
                version,
                index,
                ..Dependency::default()
            })
            .collect();
        let tools = ReaderTools {
            net: &session.net,
            store: &session.store,
            reporter: &session.reporter,
        };
        let adding = remedy::add(tools, &dependencies, &mut wanted);
        match tokio::time::timeout_at(deadline.into(), adding).await {
            Ok(done) => done,
            Err(_) => Err(too_slow()),
        }
    });
    asked.map_err(|failure| match failure.kind {
        Kind::Interrupted => "interrupted".to_owned(),
        _ => failure.to_string(),
    })?;
    let found = wanted.into_iter().zip(packages).map(|(it, package)| {
        let remedy = it.remedy.unwrap_or_default();
        if !remedy.is_unknown {
            remedy_cache::write(&context.store, &key(package, target), &remedy);
        }
        remedy
    });
    Ok(found.collect())
}
