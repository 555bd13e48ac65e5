//! Installs a named archive. The interpreter determines which build it is.

use crate::error::{Failure, Result};
use crate::execute::archive;
use crate::execute::attempt::AttemptError;
use crate::execute::error::ExecuteError;
use crate::execute::finalize;
use crate::execute::local_archive::{LocalArchive, NAME, attempt, done_already, plan};
use crate::execute::report::InstallReport;
use crate::execute::session::Session;
use crate::external::find;
use crate::report::{Task, Verb};
use ftpy_core::abi::Abi;
use ftpy_core::build_id::BuildId;
use ftpy_core::flavour::Flavours;
use ftpy_core::name::{Name, Tool};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::version::Version;
use std::path::{Path, PathBuf};

/// Installs a named archive.
///
/// # Errors
/// Returns an error if it is unavailable, has another digest, or contains no CPython that starts
/// here.
pub async fn install_named(session: &Session, named: &LocalArchive) -> Result<InstallReport> {
    let task = session.reporter.task(&named.file);
    let result = install(session, named, &task).await;
    result.map_err(|stopped| stopped.into_failure(named.url.to_string()))
}

async fn install(
    session: &Session,
    named: &LocalArchive,
    task: &Task,
) -> Result<InstallReport, AttemptError> {
    session.cancel().check()?;
    session.hold_cache()?;
    if named.file.ends_with(".conda") {
        #[cfg(feature = "conda")]
        return crate::execute::local_conda::install(session, named, task).await;
        #[cfg(not(feature = "conda"))]
        return Err(ExecuteError::NoCondaPackages.into());
    }
    let unknown = Build {
        version: Version::new(3, 0, 0),
        abi: Abi::GIL,
        flavours: Flavours::default(),
        target: session.host.clone(),
    };
    let provisional = attempt(named, ProviderName::Archive, unknown, None)?;
    let staged = archive::make(session, &provisional, None, task).await?;
    task.step_on(Verb::Checking, named.file.as_str());
    let found = tokio::task::block_in_place(|| identify(session, named, &staged.root))?;
    let (provider, build_id) = match &named.pbs_build {
        Some(build) => (ProviderName::Pbs, BuildId::parse(ProviderName::Pbs, build)),
        None => {
            let digest = staged.fetched.sha256.to_string();
            let id = BuildId::parse(ProviderName::Archive, &digest[..NAME]);
            (ProviderName::Archive, id)
        }
    };
    let attempt = attempt(named, provider, found, build_id)?;
    let is_cancelled = || session.cancel().is_cancelled();
    let key = attempt.key.clone();
    let lock = tokio::task::block_in_place(|| session.store.lock_key(&key, |_| {}, is_cancelled))?;
    if let Some(done) = done_already(session, &key) {
        return Ok(done);
    }
    let plan = plan(named);
    let done = finalize::finish(session, &plan, &attempt, staged, task).await?;
    drop(lock);
    Ok(done)
}

/// Returns the build that the interpreter in a tree reports.
fn identify(session: &Session, named: &LocalArchive, root: &Path) -> Result<Build, Failure> {
    let refused = |reason: String| ExecuteError::Refused {
        what: named.file.clone(),
        reason,
    };
    let bin = root.join("bin");
    let entries = std::fs::read_dir(&bin).into_iter().flatten().flatten();
    let is_interpreter = |path: &PathBuf| {
        let name = Name::of_file(path);
        name.is_some_and(|name| name.tool == Tool::Python)
    };
    let mut names: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(is_interpreter)
        .collect();
    // The longest name identifies the build: `python3.14t` next to `python3.14` and `python3`.
    names.sort_by_key(|path| std::cmp::Reverse(path.as_os_str().len()));
    let first = names
        .first()
        .ok_or_else(|| refused("it has no bin/python3".to_owned()))?;
    let is_cancelled = || session.cancel().is_cancelled();
    let found =
        find(first, &session.host, &is_cancelled).map_err(|reason| refused(reason.to_string()))?;
    session.cancel().check()?;
    Ok(found.build)
}
