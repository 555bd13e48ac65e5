//! Creates a virtual environment through an alias, so that it follows patch upgrades.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::target;
use crate::ops::active_python::ACTIVE;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::ops::make_venv::{self, VenvOptions};
use crate::probe::probe;
use crate::relocate::executable_name;
use crate::shim_links::{self, alias_of};
use crate::store::{Installed, ReferenceKind};
use crate::venv::{base_name, home_of};
use ftpy_core::decide::decide;
use ftpy_core::request::Request;
use std::path::{Path, PathBuf};

/// What to do with a directory that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// Refuse it.
    Refuse,
    /// Empty it, if it is an environment.
    Clear,
    /// Keep its files, and recreate those of an environment.
    Keep,
}

/// What to create.
pub(crate) struct VenvRequest<'a> {
    pub(crate) path: &'a Path,
    /// The Python to use; `None` for the active one.
    pub(crate) python: Option<&'a str>,
    /// Keep the patch release.
    pub(crate) is_exact: bool,
    /// What to do with an existing directory.
    pub(crate) existing: Existing,
    /// The name that the shell's prompt shows.
    pub(crate) prompt: Option<&'a str>,
    pub(crate) has_system_packages: bool,
    pub(crate) has_pip: bool,
}

/// A new environment.
pub(crate) struct CreatedVenv {
    pub(crate) path: PathBuf,
    pub(crate) installed: Installed,
    /// The alias that it follows.
    pub(crate) alias: Option<String>,
    pub(crate) gil_enabled: bool,
}

/// Creates an environment, and records it.
pub(crate) fn create(context: &Context, wanted: &VenvRequest<'_>) -> Result<CreatedVenv> {
    let (installed, request) = python(context, wanted.python, "name one: `ftpy venv -p 3.14t`")?;
    let path = context.env.current_dir.join(wanted.path);
    let place = check_place(&path, wanted.existing)?;
    // A store of another user stays as it is.
    let _ = shim_links::ensure(&context.store, &target::detect());
    let alias = follows(context, &installed, request.as_ref(), wanted.is_exact);
    let prefix = match &alias {
        Some(alias) => context.store.aliases().join(alias),
        None => installed.prefix.clone(),
    };
    let options = VenvOptions {
        installed: &installed,
        prefix: &prefix,
        path: &path,
        switches: switches(wanted),
        has_pip: wanted.has_pip,
    };
    let made = make_venv::make(context, &options);
    let facts = made.and_then(|()| check(&path, &installed));
    let gil_enabled = facts.inspect_err(|_| place.restore(&path))?;
    let base: Vec<String> = base_name(&context.store, &path).into_iter().collect();
    if let Err(failure) = context.store.remember(ReferenceKind::Venvs, &path, &base) {
        context.reporter.warn(format!(
            "`ftpy prune` will not see this environment: {failure}"
        ));
    }
    Ok(CreatedVenv {
        path,
        installed,
        alias,
        gil_enabled,
    })
}

/// Returns the options of venv.
fn switches(wanted: &VenvRequest<'_>) -> Vec<String> {
    let mut switches = Vec::new();
    if wanted.existing == Existing::Clear {
        switches.push("--clear".to_owned());
    }
    if wanted.has_system_packages {
        switches.push("--system-site-packages".to_owned());
    }
    if let Some(prompt) = wanted.prompt {
        switches.push(format!("--prompt={prompt}"));
    }
    switches
}

/// Returns the installation to use, and the request for it. `hint` says how to name one.
pub(crate) fn python(
    context: &Context,
    text: Option<&str>,
    hint: &str,
) -> Result<(Installed, Option<Request>)> {
    if let Some(text) = text {
        let installed = lookup_installed::best(context, text, &target::detect())?;
        return Ok((installed, ftpy_core::parse::parse(text).ok()));
    }
    let decision = decide(&ACTIVE, None, &context.env.surroundings())?;
    let request = decision.request;
    let installed = decision.installed.ok_or_else(|| {
        Failure::new(
            Kind::Usage,
            "no Python is pinned here, and no default is set",
        )
        .hint(hint)
    })?;
    Ok((installed, request))
}

/// What was at the environment's path before.
enum Place {
    /// Nothing. These directories did not exist either, the uppermost last.
    Absent(Vec<PathBuf>),
    /// An empty directory.
    Empty,
    /// An environment that is replaced, or files that are kept.
    Kept,
}

impl Place {
    /// Removes an incomplete environment. `--clear` cannot restore the previous one.
    fn restore(&self, path: &Path) {
        match self {
            Self::Absent(missing) => {
                let _ = std::fs::remove_dir_all(path);
                for above in missing.iter().skip(1) {
                    let _ = std::fs::remove_dir(above);
                }
            }
            Self::Empty => {
                for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
                    let path = entry.path();
                    let _ = match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                        true => std::fs::remove_dir_all(path),
                        false => std::fs::remove_file(path),
                    };
                }
            }
            Self::Kept => {}
        }
    }
}

/// Returns what is at the path, and refuses to replace anything but an environment.
fn check_place(path: &Path, existing: Existing) -> Result<Place> {
    let refuse = |why: &str, hint: &str| {
        let message = format!("{} {why}", path.display());
        Err(Failure::new(Kind::Usage, message).hint(hint))
    };
    if path.symlink_metadata().is_err() {
        let above = path.ancestors();
        let missing = above.take_while(|above| above.symlink_metadata().is_err());
        return Ok(Place::Absent(missing.map(Path::to_owned).collect()));
    }
    if !path.is_dir() {
        return refuse("exists and is not a directory", "choose another path");
    }
    let mut entries = std::fs::read_dir(path).map_err(IoFailure::at("read", path))?;
    if entries.next().is_none() {
        return Ok(Place::Empty);
    }
    match (home_of(path).is_some(), existing) {
        (_, Existing::Keep) | (true, Existing::Clear) => Ok(Place::Kept),
        (true, Existing::Refuse) => refuse(
            "is already a virtual environment",
            "`--clear` replaces it, `--allow-existing` keeps its packages",
        ),
        (false, _) => refuse(
            "is not empty and not a virtual environment",
            "choose another path",
        ),
    }
}

/// Returns the alias to create the environment through, or `None` if it must keep its patch: because
/// that was requested, or because the alias points to another build.
pub(crate) fn follows(
    context: &Context,
    installed: &Installed,
    request: Option<&Request>,
    is_exact: bool,
) -> Option<String> {
    let names_one = matches!(request, Some(Request::Build(request))
        if request.versions.is_exact() || request.provider.is_some());
    if is_exact || names_one || !installed.key.is_host {
        return None;
    }
    let alias = alias_of(installed);
    let there = context.store.aliases().join(&alias).canonicalize().ok()?;
    (installed.prefix.canonicalize().ok()? == there).then_some(alias)
}

/// Starts the environment's interpreter, and returns whether its GIL is on.
fn check(path: &Path, installed: &Installed) -> Result<bool> {
    let build = &installed.key.build;
    let python: PathBuf = path.join("bin").join(executable_name(build));
    let facts = probe(&python, &[], &|| false)?;
    let is_right = facts.abi() == Some(build.abi) && facts.version() == Some(build.version);
    if is_right {
        return Ok(facts.gil_enabled);
    }
    let message = format!(
        "the interpreter in {} is {} with sys.abiflags '{}', not {}",
        path.display(),
        facts.version,
        facts.abiflags,
        build.name()
    );
    Err(Failure::new(Kind::Integrity, message).hint("run `ftpy doctor` to find the cause"))
}
