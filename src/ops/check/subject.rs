//! What the person asked to check: a lock file, an environment, wheels, packages by name.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::active_python::ACTIVE;
use crate::ops::check::environment::{SitePackages, site_packages};
use crate::ops::check::request::CheckRequest;
use crate::ops::context::Context;
use crate::wheel::WheelName;
use crate::xray::ModuleFile;
use ftpy_core::decide::decide;
use ftpy_core::paste;
use std::path::{Path, PathBuf};

/// What to check, by how it is read.
#[derive(Default)]
pub(super) struct Subjects {
    /// Directories of installed packages.
    pub(super) environments: Vec<SitePackages>,
    /// Wheels on this machine.
    pub(super) wheels: Vec<(PathBuf, WheelName)>,
    /// Extension modules on this machine.
    pub(super) modules: Vec<PathBuf>,
}

/// Reads what to check.
pub(super) fn read(context: &Context, wanted: &CheckRequest<'_>) -> Result<Subjects> {
    let mut subjects = Subjects::default();
    if wanted.subjects.is_empty() && wanted.requirements.is_empty() {
        subjects.add_project(context)?;
    }
    for text in wanted.subjects {
        let path = context.env.current_dir.join(text);
        subjects.add_path(&path, text)?;
    }
    Ok(subjects)
}

impl Subjects {
    /// Adds the project's environment, else the active one, else the active Python's packages.
    fn add_project(&mut self, context: &Context) -> Result<()> {
        let active = context.env.variables.virtual_env.clone();
        let own = context.env.current_dir.join(".venv");
        let place = own.is_dir().then_some(own).or(active);
        let place = place.or_else(|| {
            let decision = decide(&ACTIVE, None, &context.env.surroundings()).ok()?;
            Some(decision.installed?.prefix)
        });
        let place = place.ok_or_else(|| {
            let here = context.env.current_dir.display();
            let message = format!("no virtual environment in {here}, and no Python is active");
            Failure::new(Kind::NotFound, message)
                .hint("name what to check: `ftpy check .venv`, `ftpy check dist/*.whl`")
        })?;
        let text = place.display().to_string();
        self.add_path(&place, &text)
    }

    fn add_path(&mut self, path: &Path, text: &str) -> Result<()> {
        if !path.exists() {
            let message = format!("{text} does not exist");
            return Err(Failure::new(Kind::NotFound, message));
        }
        if let Some(name) = wheel_name(path)? {
            self.wheels.push((path.to_owned(), name));
            return Ok(());
        }
        if path.is_dir() {
            return self.add_directory(path, text);
        }
        if ModuleFile::parse(&path.to_string_lossy()).is_some() {
            self.modules.push(path.to_owned());
            return Ok(());
        }
        let message = format!("{text} is not a lock file, a wheel, or an extension module");
        Err(Failure::new(Kind::Usage, message))
    }

    /// Adds an environment, the wheels in a directory, or a project's environment.
    fn add_directory(&mut self, path: &Path, text: &str) -> Result<()> {
        let sites = site_packages(path);
        if !sites.is_empty() {
            self.environments.extend(sites);
            return Ok(());
        }
        let before = self.wheels.len();
        let entries = std::fs::read_dir(path).map_err(IoFailure::at("read", path))?;
        for entry in entries.flatten() {
            if let Some(name) = wheel_name(&entry.path())? {
                self.wheels.push((entry.path(), name));
            }
        }
        self.wheels[before..].sort();
        if self.wheels.len() > before {
            return Ok(());
        }
        let venv = path.join(".venv");
        if venv.is_dir() {
            return self.add_directory(&venv, text);
        }
        let message = format!("{text} contains no installed packages and no wheels");
        let package = paste!["ftpy", "check", text];
        Err(Failure::new(Kind::NotFound, message).hint(format!(
            "outside of this directory, `{package}` checks the package"
        )))
    }
}

/// The name of a wheel; `None` for a path that does not end in `.whl`.
fn wheel_name(path: &Path) -> Result<Option<WheelName>> {
    if path.extension().is_none_or(|extension| extension != "whl") {
        return Ok(None);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let refused = |error: crate::wheel::NotAWheelName| {
        Failure::new(Kind::Usage, error.to_string())
            .hint("a wheel is named NAME-VERSION-PYTHON-ABI-PLATFORM.whl")
    };
    name.parse().map(Some).map_err(refused)
}
