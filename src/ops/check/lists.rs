//! Reads lists of packages into packages with wheels: lock files as they are, requirements through
//! the installer of the person.

use crate::cancel::Cancel;
use crate::check::lock::{LockFormat, read};
use crate::check::{Dependency, WheelPlace};
use crate::error::Result;
use crate::ops::check::resolve::{Resolution, Wanted, locate_wheels, resolve};
use crate::ops::context::Context;
use crate::report::text;
use crate::wheel::WheelTarget;
use std::path::{Path, PathBuf};

/// Reads a lock file, or the requirements in it, for targets.
///
/// # Errors
/// Returns an error if the file cannot be read, or its requirements cannot be resolved.
pub(super) fn of_file(
    context: &Context,
    cancel: &Cancel,
    (path, format): (&Path, Option<LockFormat>),
    targets: &[WheelTarget],
) -> Result<Vec<Resolution>> {
    let mut lock = read(path, format)?;
    let mut notes: Vec<String> = lock.notes.drain(..).map(|note| of(path, &note)).collect();
    if !lock.conda.is_empty() {
        let count = text::count(lock.conda.len(), "package");
        notes.push(of(path, &format!("{count} of conda not checked")));
    }
    let mut dependencies = lock.dependencies;
    if let Some(target) = targets.first().filter(|_| lacks_urls(&dependencies)) {
        locate_wheels(context, cancel, &mut dependencies, *target)?;
    }
    let mut found = Vec::new();
    if !lock.requests.is_empty() {
        let is_file = format.or_else(|| LockFormat::of(path)) == Some(LockFormat::Requirements);
        let files = [path.to_owned()];
        let texts: Vec<String> = lock.requests.iter().map(|it| it.text.clone()).collect();
        // The options in a requirements file are left to the installer.
        let (requests, files): (&[String], &[PathBuf]) = match is_file {
            true => (&[], &files),
            false => (&texts, &[]),
        };
        let wanted = Wanted {
            requests,
            files,
            listed: &lock.requests,
        };
        found.extend(resolve(context, cancel, wanted, targets)?);
        if is_file {
            // They are part of what was resolved.
            dependencies.clear();
        }
    }
    if found.is_empty() || !dependencies.is_empty() || !notes.is_empty() {
        found.push(Resolution {
            targets: targets.to_vec(),
            dependencies,
            notes,
        });
    }
    Ok(found)
}

/// Resolves requirements that were given by themselves.
///
/// # Errors
/// As [`resolve`].
pub(super) fn of_requests(
    context: &Context,
    cancel: &Cancel,
    requests: &[String],
    targets: &[WheelTarget],
) -> Result<Vec<Resolution>> {
    let wanted = Wanted {
        requests,
        ..Wanted::default()
    };
    resolve(context, cancel, wanted, targets)
}

fn of(path: &Path, note: &str) -> String {
    format!("{}: {note}", path.display())
}

fn lacks_urls(dependencies: &[Dependency]) -> bool {
    let mut wheels = dependencies.iter().flat_map(|it| &it.wheels);
    wheels.any(|wheel| matches!(wheel.place, WheelPlace::Index))
}
