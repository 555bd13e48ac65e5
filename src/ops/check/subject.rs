//! What the person asked to check: a lock file, an environment, wheels, packages by name.

use crate::check::lock::{LockFormat, find};
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
    /// Lock files and files of requirements.
    pub(super) lists: Vec<(PathBuf, Option<LockFormat>)>,
    /// The text of requirements on stdin.
    pub(super) stdin: Option<String>,
    /// Requirements: `lxml>=6`.
    pub(super) requests: Vec<String>,
}

/// Reads what to check.
pub(super) fn read(context: &Context, wanted: &CheckRequest<'_>) -> Result<Subjects> {
    let mut subjects = Subjects::default();
    if wanted.subjects.is_empty() && wanted.requirements.is_empty() {
        subjects.add_project(context)?;
    }
    for text in wanted.subjects {
        let path = Path::new(text);
        if text.trim().is_empty() {
            let message = "an empty name: there is nothing to check";
            return Err(Failure::new(Kind::Usage, message));
        }
        if path.exists() || is_path(text) {
            subjects.add_path(path, text)?;
        } else {
            subjects.requests.push(text.clone());
        }
    }
    for file in wanted.requirements {
        if file.as_os_str() == "-" {
            let read = std::io::read_to_string(std::io::stdin().lock());
            subjects.stdin = Some(read.map_err(|error| {
                Failure::new(Kind::System, format!("cannot read stdin: {error}"))
            })?);
            continue;
        }
        if !file.exists() {
            let message = format!("{} does not exist", file.display());
            return Err(Failure::new(Kind::NotFound, message));
        }
        let format = LockFormat::of(file).or(Some(LockFormat::Requirements));
        subjects.lists.push((file.clone(), format));
    }
    Ok(subjects)
}

/// Whether a text can only be a path, so that a file that does not exist is not looked for in an
/// index.
fn is_path(text: &str) -> bool {
    let endings = [
        ".whl", ".so", ".pyd", ".lock", ".toml", ".txt", ".json", ".yml",
    ];
    // A requirement may have a URL: `demo @ https://example.org/demo.whl`.
    let is_url = text.contains("://");
    !is_url
        && (text.contains(['/', '\\'])
            || text.starts_with('.')
            || endings.iter().any(|it| text.ends_with(it)))
}

impl Subjects {
    /// What is read, for the person who did not name it.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let environments = self.environments.iter().map(|site| &site.directory);
        let lists = self.lists.iter().map(|(path, _)| path);
        environments
            .chain(lists)
            .map(|path| path.display().to_string())
    }

    /// Whether there is anything that is not installed.
    pub(super) fn has_lists(&self) -> bool {
        !(self.wheels.is_empty() && self.lists.is_empty() && self.requests.is_empty())
            || self.stdin.is_some()
    }

    /// Adds the project's lock, else its environment, else the active environment, else the
    /// packages of the active Python.
    fn add_project(&mut self, context: &Context) -> Result<()> {
        if let Some(lock) = find(&context.env.current_dir) {
            let name = lock.file_name().map(PathBuf::from);
            self.lists.push((name.unwrap_or(lock), None));
            return Ok(());
        }
        let active = context.env.variables.virtual_env.clone();
        let own = context.env.current_dir.join(".venv");
        let place = own.is_dir().then_some(own).or(active);
        let here = context.env.current_dir.display();
        let place = match place {
            Some(place) => Some(place),
            None => {
                let decision = decide(&ACTIVE, None, &context.env.surroundings());
                let decision = decision.map_err(|refusal| {
                    let nothing = format!("there is no lock file or virtual environment in {here}");
                    Failure::from(refusal).details([nothing])
                })?;
                decision.installed.map(|installed| installed.prefix)
            }
        };
        let place = place.ok_or_else(|| {
            let message =
                format!("no lock file or virtual environment in {here}, and no Python is active");
            Failure::new(Kind::NotFound, message)
                .hint("name what to check: `ftpy check numpy`, `ftpy check dist/*.whl`")
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
        self.lists.push((path.to_owned(), None));
        Ok(())
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
        if let Some(lock) = find(path) {
            self.lists.push((lock, None));
            return Ok(());
        }
        let message = format!("{text} contains no packages, no wheels and no lock file");
        let failure = Failure::new(Kind::NotFound, message);
        if is_path(text) {
            let hint =
                "name what to check: an environment, wheels, a lock file, requirements (`-r`)";
            return Err(failure.hint(hint));
        }
        // Never a package of this name from an index, which may be a stranger's.
        let package = paste!["ftpy", "check", format!("{text}>=0")];
        Err(failure.hint(format!("`{package}` checks the package of this name")))
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
