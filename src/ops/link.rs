//! Registers an existing interpreter in place.

use crate::doctor::venv_of;
use crate::error::{Failure, Kind, Result};
use crate::external::{self, ExternalInterpreter, NotUsable, Origin};
use crate::host::target;
use crate::ops::context::Context;
use crate::shim_links;
use crate::store::{Installed, Receipt};
use ftpy_core::link_name::LinkName;
use ftpy_core::paste;
use ftpy_core::secret::place_shown;
use std::path::{Path, PathBuf};

/// Registers the interpreter at a path under a name. `is_forced` takes the name from another
/// interpreter.
pub(crate) fn link(
    context: &Context,
    name: &LinkName,
    path: &Path,
    is_forced: bool,
) -> Result<Receipt> {
    let host = target::detect();
    let path = interpreter(path)?;
    let found =
        external::find(&path, &host, &|| false).map_err(|reason| not_linked(&path, &reason))?;
    context.allow_external(&found.build)?;
    let bins = [found.executable.parent(), path.parent()];
    if let Some(venv) = bins.into_iter().flatten().find_map(venv_of) {
        let config = venv.join("pyvenv.cfg");
        let message = format!("{} belongs to a virtual environment", path.display());
        return Err(Failure::new(Kind::Usage, message).hint(format!(
            "link its base interpreter instead, see {}",
            config.display()
        )));
    }
    let root = context.store.root();
    if found.executable.starts_with(root) {
        let message = format!("{} is already managed by ftpy", found.executable.display());
        return Err(Failure::new(Kind::Usage, message).hint("`ftpy list` shows it"));
    }
    let others: Vec<Installed> = context
        .store
        .installed(&host)
        .into_iter()
        .filter(|one| one.link_name() == Some(name.as_str()))
        .collect();
    check_others(&others, &found, name.as_str(), is_forced)?;
    let receipt = external::record(&context.store, &found, &Origin::link(name.as_str()))?;
    for other in others {
        if other.key.to_string() != receipt.key {
            shim_links::remove_installation(&context.store, &host, &other.key)?;
        }
    }
    shim_links::ensure(&context.store, &host)?;
    Ok(receipt)
}

/// The failure of an interpreter that does not start, with a fix for missing libraries.
fn not_linked(path: &Path, reason: &NotUsable) -> Failure {
    let failure = Failure::new(Kind::Integrity, reason.to_string());
    if !matches!(reason, NotUsable::NeedsLibrary { .. }) {
        return failure.hint("nothing was linked");
    }
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let prefix = real.parent().and_then(Path::parent).unwrap_or(&real);
    let patch = paste![
        "patchelf",
        "--set-rpath",
        prefix.join("lib").display(),
        real.display()
    ];
    failure
        .hint(format!("make it find its libraries: `{patch}`"))
        .hint("or link a script that sets LD_LIBRARY_PATH and starts it")
}

/// Refuses a name of another interpreter, unless forced.
fn check_others(
    others: &[Installed],
    found: &ExternalInterpreter,
    name: &str,
    is_forced: bool,
) -> Result<()> {
    let other = others.iter().find(|other| {
        // A link whose interpreter is gone leaves its name to the new one.
        let is_other = |path: PathBuf| path != found.executable && path.exists();
        other.interpreter().is_some_and(is_other)
    });
    match other {
        Some(other) if !is_forced => {
            let message = format!("{name} is already linked: {}", other.key);
            Err(Failure::new(Kind::Usage, message)
                .hint("`--force` takes the name from that interpreter, which stays in place"))
        }
        _ => Ok(()),
    }
}

/// Returns the interpreter at a path: the file itself, or the one in a prefix.
pub(crate) fn interpreter(path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let inside = [path.join("bin"), path.to_owned()];
    let mut found: Vec<PathBuf> = inside
        .iter()
        .flat_map(|bin| external::interpreters(bin))
        .collect();
    // Prefer `python3` to `python3.14`.
    found.sort_by_key(|path| path.as_os_str().len());
    found.into_iter().next().ok_or_else(|| {
        let message = format!("no interpreter found at {}", place_shown(path));
        Failure::new(Kind::NotFound, message)
            .hint("name an interpreter, or the directory that contains its bin/")
    })
}
