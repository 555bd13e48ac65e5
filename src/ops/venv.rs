//! Creates a virtual environment through an alias, so that it follows patch upgrades.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::make_venv::{self, VenvOptions};
use crate::ops::venv_base::{self, VenvBase};
use crate::ops::venv_packages::check_files;
use crate::probe::probe;
use crate::store::ReferenceKind;
use crate::venv::{base_name, home_of};
use ftpy_core::parse::parse;
use ftpy_core::paste;
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
    /// The Python to use: a request, or the path of an interpreter; `None` for the active one.
    pub(crate) python: Option<&'a str>,
    /// Keep the patch release.
    pub(crate) is_exact: bool,
    /// What to do with an existing directory.
    pub(crate) existing: Existing,
    /// The name that the shell's prompt shows.
    pub(crate) prompt: Option<&'a str>,
    pub(crate) has_system_packages: bool,
    pub(crate) has_pip: bool,
    /// Files of packages that are installed afterwards.
    pub(crate) requirements: &'a [PathBuf],
    /// Whether the packages are checked afterwards.
    pub(crate) checks_gil: bool,
}

/// A new environment.
pub(crate) struct CreatedVenv {
    pub(crate) path: PathBuf,
    pub(crate) base: VenvBase,
    pub(crate) gil_enabled: bool,
}

/// Creates an environment, and records it.
pub(crate) fn create(context: &Context, wanted: &VenvRequest<'_>) -> Result<CreatedVenv> {
    refuse_a_version(wanted)?;
    check_files(context, wanted.requirements)?;
    let base = venv_base::find(context, wanted.python, wanted.is_exact)?;
    if wanted.checks_gil && !base.build.abi.is_free_threaded() {
        let message = format!(
            "{} is a GIL build, so --check-gil has nothing to check",
            base.build.name()
        );
        let hint = paste!["ftpy", "venv", "-p", format!("{}t", base.build.version)];
        return Err(Failure::new(Kind::Usage, message)
            .hint(format!("`{hint}` creates a free-threaded one")));
    }
    let path = context.env.current_dir.join(wanted.path);
    // venv refuses a link.
    let directory = behind_links(&path);
    let place = check_place(&directory, wanted.existing)?;
    let options = VenvOptions {
        base: &base,
        path: &directory,
        switches: switches(wanted),
        has_pip: wanted.has_pip,
    };
    let made = make_venv::make(context, &options);
    let facts = made.and_then(|()| check(&directory, &base));
    let gil_enabled = facts.inspect_err(|_| place.restore(&directory))?;
    let names: Vec<String> = base_name(&context.store, &path).into_iter().collect();
    if let Err(failure) = context.store.remember(ReferenceKind::Venvs, &path, &names) {
        context.reporter.warn(format!(
            "`ftpy prune` will not see this environment: {failure}"
        ));
    }
    Ok(CreatedVenv {
        path,
        base,
        gil_enabled,
    })
}

/// Refuses a version in place of the directory, which those who put it first mean otherwise.
fn refuse_a_version(wanted: &VenvRequest<'_>) -> Result<()> {
    let text = wanted.path.to_str().unwrap_or_default();
    let is_version = matches!(parse(text), Ok(Request::Build(_)));
    if !is_version || wanted.python.is_some() || wanted.path.exists() {
        return Ok(());
    }
    let message = format!("{text} is a version, and not a directory to create");
    let python = paste!["ftpy", "venv", "-p", text];
    let directory = paste!["ftpy", "venv", format!("./{text}")];
    Err(Failure::new(Kind::Usage, message).hint(format!(
        "`{python}` uses this version; `{directory}` creates this directory"
    )))
}

/// Returns the directory that a link leads to, even if it is missing.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        let Ok(target) = std::fs::read_link(&path) else {
            break;
        };
        path = path.parent().unwrap_or(&path).join(target);
    }
    path
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

/// Starts the environment's interpreter, and returns whether its GIL is on.
fn check(path: &Path, base: &VenvBase) -> Result<bool> {
    let build = &base.build;
    let python: PathBuf = path.join("bin").join(base.name());
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
