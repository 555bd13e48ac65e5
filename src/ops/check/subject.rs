//! What the person asked to check: a lock file, an environment, wheels, packages by name.

use crate::error::{Failure, Kind, Result};
use crate::ops::check::CheckRequest;
use crate::ops::check::environment::{SitePackages, site_packages};
use crate::ops::context::Context;
use std::path::Path;

/// Something to check.
pub(super) enum Subject {
    /// A directory of installed packages.
    Environment(SitePackages),
}

/// Reads what to check.
pub(super) fn read(context: &Context, wanted: &CheckRequest<'_>) -> Result<Vec<Subject>> {
    if wanted.subjects.is_empty() && wanted.requirements.is_empty() {
        return of_project(context);
    }
    let mut subjects = Vec::new();
    for text in wanted.subjects {
        let path = context.env.current_dir.join(text);
        subjects.extend(of_path(&path, text)?);
    }
    Ok(subjects)
}

/// The project's lock, else its environment.
fn of_project(context: &Context) -> Result<Vec<Subject>> {
    let environment = context.env.variables.virtual_env.clone();
    let own = context.env.current_dir.join(".venv");
    let environment = own.is_dir().then_some(own).or(environment);
    let environment = environment.ok_or_else(|| {
        let here = context.env.current_dir.display();
        let message = format!("no lock file or virtual environment in {here}");
        Failure::new(Kind::NotFound, message)
            .hint("name what to check: `ftpy check numpy`, `ftpy check dist/*.whl`")
    })?;
    let text = environment.display().to_string();
    of_path(&environment, &text)
}

fn of_path(path: &Path, text: &str) -> Result<Vec<Subject>> {
    let sites = site_packages(path);
    if sites.is_empty() {
        let message = format!("{text} contains no installed packages");
        return Err(Failure::new(Kind::NotFound, message));
    }
    Ok(sites.into_iter().map(Subject::Environment).collect())
}
