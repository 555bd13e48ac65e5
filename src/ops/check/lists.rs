//! Reads lists of packages into packages with wheels: lock files as they are, requirements through
//! the installer of the person.

use crate::cancel::Cancel;
use crate::check::lock::{CondaPackage, LockChoice, LockFormat, read_chosen, read_requirements};
use crate::check::{Dependency, WheelPlace};
use crate::error::Result;
use crate::ops::check::resolve::{Resolution, Wanted, locate_wheels, resolve};
use crate::ops::context::Context;
use crate::wheel::WheelTarget;
use std::path::{Path, PathBuf};

/// Who asks for what targets.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) context: &'a Context,
    pub(super) cancel: &'a Cancel,
    pub(super) targets: &'a [WheelTarget],
}

impl Asker<'_> {
    fn resolve(self, wanted: Wanted<'_>) -> Result<Vec<Resolution>> {
        resolve(self.context, self.cancel, wanted, self.targets)
    }
}

/// Reads a lock file, or the requirements in it.
///
/// # Errors
/// Returns an error if the file cannot be read, or its requirements cannot be resolved.
pub(super) fn of_file(
    asker: Asker<'_>,
    (path, format): (&Path, Option<LockFormat>),
    choice: &LockChoice,
) -> Result<Vec<Resolution>> {
    let mut lock = read_chosen(path, format, choice)?;
    let notes: Vec<String> = lock.notes.drain(..).map(|note| of(path, &note)).collect();
    let mut dependencies = lock.dependencies;
    let open = asker.targets.first().filter(|_| lacks_urls(&dependencies));
    if let Some(target) = open {
        locate_wheels(asker.context, asker.cancel, &mut dependencies, *target)?;
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
        found.extend(asker.resolve(Wanted {
            requests,
            files,
            listed: &lock.requests,
            ..Wanted::default()
        })?);
        if is_file {
            // They are part of what was resolved.
            dependencies.clear();
        }
    }
    found.extend(given(asker, dependencies, lock.conda, notes));
    Ok(found)
}

/// Reads requirements that are not in a file.
///
/// # Errors
/// As [`of_file`].
pub(super) fn of_text(asker: Asker<'_>, text: &str) -> Result<Vec<Resolution>> {
    let lock = read_requirements(text)?;
    if lock.requests.is_empty() {
        return Ok(given(asker, lock.dependencies, lock.conda, lock.notes)
            .into_iter()
            .collect());
    }
    asker.resolve(Wanted {
        text: Some(text),
        listed: &lock.requests,
        ..Wanted::default()
    })
}

/// Resolves requirements that were given by themselves.
///
/// # Errors
/// As [`resolve`].
pub(super) fn of_requests(asker: Asker<'_>, requests: &[String]) -> Result<Vec<Resolution>> {
    asker.resolve(Wanted {
        requests,
        ..Wanted::default()
    })
}

/// What need not be resolved; `None` for nothing.
fn given(
    asker: Asker<'_>,
    dependencies: Vec<Dependency>,
    conda: Vec<CondaPackage>,
    notes: Vec<String>,
) -> Option<Resolution> {
    let is_any = !(dependencies.is_empty() && conda.is_empty() && notes.is_empty());
    is_any.then(|| Resolution {
        targets: asker.targets.to_vec(),
        dependencies,
        conda,
        notes,
    })
}

fn of(path: &Path, note: &str) -> String {
    format!("{}: {note}", path.display())
}

fn lacks_urls(dependencies: &[Dependency]) -> bool {
    let mut wheels = dependencies.iter().flat_map(|it| &it.wheels);
    wheels.any(|wheel| matches!(wheel.place, WheelPlace::Index))
}
