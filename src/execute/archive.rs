//! Downloads and unpacks at the same time; used for interpreters and for source trees.

use crate::error::IoFailure;
use crate::execute::attempt::AttemptError;
use crate::execute::attempt::unavailable;
use crate::execute::error::ExecuteError;
use crate::execute::session::Session;
use crate::execute::staged::{StagedInstall, milliseconds, required_modules};
use crate::net::{Download, FetchError, Fetched, fetch};
use crate::report::{Task, Verb};
use crate::resolve::Attempt;
use crate::secret_url::SecretUrl;
use crate::unpack::{Source, Unpacked, unpack};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use tokio::sync::mpsc;

/// The number of chunks buffered between the network and the decoder.
const CHUNKS: usize = 32;

/// Stages an installation from an archive. `prefix` is its directory in the archive; `None` finds
/// the one that contains `bin/`.
pub(super) async fn make(
    session: &Session,
    attempt: &Attempt,
    prefix: Option<&str>,
    task: &Task,
) -> Result<StagedInstall, AttemptError> {
    let stage = tokio::task::block_in_place(|| session.store.stage())?;
    let root = stage.path().join("root");
    let started = Instant::now();
    let (fetched, unpacked) = fetch_and_unpack(session, attempt, prefix, &root, task).await?;
    let timings = BTreeMap::from([("fetch_and_unpack", milliseconds(started))]);
    Ok(StagedInstall {
        stage,
        root,
        inventory: unpacked.inventory,
        fetched,
        python_json: unpacked.python_json,
        flags: Vec::new(),
        modules: required_modules(),
        notes: Vec::new(),
        timings,
    })
}

/// Downloads an attempt's archive and unpacks it into `root` as the bytes arrive. They are verified
/// when this returns.
pub(super) async fn fetch_and_unpack(
    session: &Session,
    attempt: &Attempt,
    prefix: Option<&str>,
    root: &Path,
    task: &Task,
) -> Result<(Fetched, Unpacked), AttemptError> {
    let archive = attempt.candidate.archive.as_ref();
    let archive =
        archive.ok_or_else(|| ExecuteError::NothingToDownload(attempt.key.to_string()))?;
    if archive.sha256.is_none() {
        let file = &archive.file;
        session
            .reporter
            .warn(format!("{file} is not verified: its sha256 is unknown"));
    }
    // Two builds may need the same tarball: the second one waits and reads the cache.
    let _lock = match &archive.sha256 {
        Some(sha256) => {
            let is_cancelled = || session.cancel().is_cancelled();
            Some(tokio::task::block_in_place(|| {
                session.store.lock_download(sha256, is_cancelled)
            })?)
        }
        None => None,
    };
    // A local file is read in place, and not copied into the cache.
    let is_local = prefix.is_none() && archive.urls.iter().all(SecretUrl::is_file);
    let kept = archive.sha256.filter(|_| !is_local);
    let download = Download {
        urls: &archive.urls,
        sha256: archive.sha256,
        size: archive.size,
        cached: kept.map(|sha256| session.store.cached(&sha256)),
        partial: kept.map(|sha256| session.store.partial(&sha256)),
        file: &archive.file,
    };
    match once(session, &download, prefix, root, task).await {
        Err(Once::Stale) => {
            let file = &archive.file;
            session.reporter.note(format!(
                "the cached {file} was damaged; downloading it again"
            ));
        }
        Err(Once::AttemptError(stopped)) => return Err(stopped),
        Ok(done) => return Ok(done),
    }
    match once(session, &download, prefix, root, task).await {
        Ok(done) => Ok(done),
        Err(Once::Stale) => Err(FetchError::Stale.into()),
        Err(Once::AttemptError(stopped)) => Err(stopped),
    }
}

enum Once {
    Stale,
    AttemptError(AttemptError),
}

async fn once(
    session: &Session,
    download: &Download<'_>,
    prefix: Option<&str>,
    root: &Path,
    task: &Task,
) -> Result<(Fetched, Unpacked), Once> {
    let fresh = || {
        let _ = std::fs::remove_dir_all(root);
        std::fs::create_dir(root).map_err(IoFailure::at("create", root))
    };
    fresh().map_err(|error| Once::AttemptError(error.into()))?;
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (prefix, destination) = (prefix.map(str::to_owned), root.to_owned());
    let source = Source::new(receiver, session.cancel().clone());
    let unpacking =
        tokio::task::spawn_blocking(move || unpack(source, prefix.as_deref(), &destination));
    let fetched = fetch(&session.net, download, sender, task).await;
    if let Ok(fetched) = &fetched {
        session.add_unreachable(&fetched.passed_over);
        session.say_unavailable();
        task.done();
        task.step(Verb::Unpacking);
    }
    // The sender is gone, so the unpacker always ends.
    let unpacked = unpacking.await;
    if session.cancel().is_cancelled() {
        return Err(Once::AttemptError(FetchError::Interrupted.into()));
    }
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(FetchError::Stale) => return Err(Once::Stale),
        Err(error) => return Err(Once::AttemptError(unavailable(error))),
    };
    match unpacked {
        Ok(Ok(unpacked)) => {
            task.done();
            Ok((fetched, unpacked))
        }
        Ok(Err(error)) => Err(Once::AttemptError(error.into_failure(download.file).into())),
        Err(panic) => Err(Once::AttemptError(ExecuteError::Unpacker(panic).into())),
    }
}
