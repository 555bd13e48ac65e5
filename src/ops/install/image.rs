//! `ftpy install --to DIR`: an installation outside of the store, for images. It is a plain prefix
//! that works without ftpy.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::Session;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::install::target::{ExistingInstall, InstallTarget};
use crate::store::{Installed, Receipt};
use ftpy_core::installed::MARK;
use ftpy_core::key::Key;
use ftpy_core::request::BuildRequest;
use std::path::{Component, Path, PathBuf};

/// Returns the absolute path of the directory, without links: it becomes part of the installation.
///
/// # Errors
/// Returns an error if it belongs to a store, or contains anything but such an installation.
pub(crate) fn directory(context: &Context, to: &Path) -> Result<PathBuf> {
    let path = real(&context.env.current_dir.join(to))?;
    let shown = path.display();
    let refuse = |why: String| {
        Err(Failure::new(Kind::Usage, format!("--to: {why}"))
            .hint("choose a new or an empty directory"))
    };
    if path.parent().is_none() {
        return refuse(format!("{shown} is not empty"));
    }
    let is_store = |above: &Path| above.join(MARK).exists();
    let own = context.store.root();
    let store = path
        .ancestors()
        .find(|above| is_store(above) || *above == own);
    if let Some(store) = store {
        return refuse(format!("{shown} is in the store {}", store.display()));
    }
    if path.symlink_metadata().is_err() {
        return Ok(path);
    }
    let mut entries = std::fs::read_dir(&path)
        .map_err(|error| IoFailure::at("read", &path)(error).outside_store())?;
    match entries.next().is_some() && Receipt::read(&path).is_err() {
        true => refuse(format!(
            "{shown} is not empty, and `ftpy install --to` did not make it"
        )),
        false => Ok(path),
    }
}

/// Resolves the links of the part of a path that exists.
fn real(path: &Path) -> Result<PathBuf> {
    let there = path.ancestors().find(|above| above.exists());
    let there = there.unwrap_or(Path::new("/"));
    let failed = |error| IoFailure::at("read", there)(error).outside_store();
    let real = there.canonicalize().map_err(failed)?;
    let rest = path.strip_prefix(there).unwrap_or(Path::new(""));
    if rest.components().any(|part| part == Component::ParentDir) {
        let message = format!("--to: {} does not exist", path.display());
        return Err(Failure::new(Kind::Usage, message).hint("choose a path without `..`"));
    }
    // Joining an empty path would add a trailing slash.
    Ok(match rest.as_os_str().is_empty() {
        true => real,
        false => real.join(rest),
    })
}

/// Refuses anything but one build that can be in any directory.
pub(crate) fn check_requests(requests: &[BuildRequest], archives: usize) -> Result<()> {
    let count = requests.len() + archives;
    if count != 1 {
        let message = format!("--to takes one request, not {count}");
        return Err(Failure::new(Kind::Usage, message)
            .hint("use a directory for each: `ftpy install 3.14t --to /opt/python3.14t`"));
    }
    let external = requests.iter().filter_map(|request| request.provider);
    match external.into_iter().find(|provider| provider.is_external()) {
        Some(provider) => {
            let message = format!("--to: interpreters of the source {provider} cannot be moved");
            let hint = "name a build of pbs, conda or source, such as `3.14t`";
            Err(Failure::new(Kind::Usage, message).hint(hint))
        }
        None => Ok(()),
    }
}

/// Returns the installation in the directory if it matches the only request.
///
/// # Errors
/// Returns an error if there are several requests, or the directory contains another build that may
/// not be replaced.
pub(crate) fn existing(
    image: &Path,
    requests: &[BuildRequest],
    archives: usize,
    replaces: bool,
) -> Result<Option<ExistingInstall>> {
    check_requests(requests, archives)?;
    let Some(receipt) = Receipt::read(image).ok().filter(|_| !replaces) else {
        return Ok(None);
    };
    let (host, prefix) = (target::detect(), image.to_owned());
    let key = Key::from_name(&receipt.key, &host);
    let found = key.map(|key| Installed { key, prefix });
    let is_whole = image.join(&receipt.executable).exists();
    match (found, requests.first()) {
        (Some(found), Some(request)) if is_whole && found.meets(request, &host) => {
            let (receipt, prefix) = (Box::new(receipt), found.prefix);
            Ok(Some(ExistingInstall { receipt, prefix }))
        }
        _ => Err(contains(image, &receipt)),
    }
}

/// Refuses to replace another build than the wanted one, which is not in the directory.
pub(crate) fn check_replaced(image: &Path) -> Result<()> {
    match Receipt::read(image) {
        Ok(receipt) => Err(contains(image, &receipt)),
        Err(_) => Ok(()),
    }
}

fn contains(image: &Path, receipt: &Receipt) -> Failure {
    let message = format!("--to: {} contains {}", image.display(), receipt.key);
    Failure::new(Kind::Usage, message).hint("add `--reinstall` to replace it")
}

/// Leaves out packages of the distribution, which cannot be in another directory.
pub(crate) fn leave_out_external(session: &Session, targets: &mut [InstallTarget]) {
    for target in targets {
        if session.store.image().is_some()
            && let InstallTarget::Plan(plan) = target
        {
            plan.attempts
                .retain(|attempt| !attempt.key.provider.is_external());
        }
    }
}
