//! Downloads a file without installing it: for a bundle, or for a mirror.

use crate::error::{Failure, IoFailure, Result};
use crate::execute::error::ExecuteError;
use crate::execute::session::Session;
use crate::host::atomic_file::Unfinished;
use crate::host::person_file::behind_links;
use crate::net::{Download, FetchError, Fetched, Net, fetch};
use crate::provider::Archive;
use crate::report::Task;
use crate::secret_url::SecretUrl;
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// The number of chunks buffered between the network and the disk.
const CHUNKS: usize = 32;

/// Puts a verified archive at `place`: an existing file is hashed again, a cached one is copied,
/// and any other is downloaded, resuming an interrupted download. Returns its size.
///
/// # Errors
/// Returns an error if it is unavailable, or its digest differs. `place` does not exist then.
pub async fn obtain(session: &Session, net: &Net, archive: &Archive, place: &Path) -> Result<u64> {
    let file = archive.file.as_str();
    let Some(sha256) = archive.sha256 else {
        return Err(ExecuteError::NoSha256(file.to_owned()).into());
    };
    // A mirror may consist of links to files elsewhere.
    let place = &behind_links(place).map_err(IoFailure::at("read", place))?;
    if place.exists() && !place.is_file() {
        return Err(ExecuteError::NotAFile(place.clone()).into());
    }
    session.hold_cache()?;
    let is_cancelled = || session.cancel().is_cancelled();
    let _lock = tokio::task::block_in_place(|| session.store.lock_download(&sha256, is_cancelled))?;
    let task = session.reporter.task(file);
    let mut fetched = once(session, net, archive, place, &task).await;
    if let Err(FetchError::Stale) = fetched {
        session
            .reporter
            .note(format!("the kept {file} was damaged; downloading it again"));
        fetched = once(session, net, archive, place, &task).await;
    }
    let fetched = fetched.map_err(|error| match error {
        FetchError::Unavailable(_) => Failure::from(ExecuteError::FileUnavailable {
            file: file.to_owned(),
            reason: error.to_string(),
        }),
        other => other.into(),
    })?;
    task.done();
    Ok(fetched.size)
}

async fn once(
    session: &Session,
    net: &Net,
    archive: &Archive,
    place: &Path,
    task: &Task,
) -> Result<Fetched, FetchError> {
    let sha256 = archive.sha256.unwrap_or_else(|| [0; 32].into());
    let in_cache = session.store.cached(&sha256);
    let is_there = place.is_file();
    let is_in_cache = !is_there && in_cache != place && in_cache.is_file();
    // The download does not keep a copy of a local file.
    let is_local = archive.urls.iter().any(SecretUrl::is_file);
    let download = Download {
        urls: &archive.urls,
        sha256: archive.sha256,
        size: archive.size,
        cached: Some(if is_in_cache {
            in_cache.clone()
        } else {
            place.to_owned()
        }),
        partial: match in_cache == place {
            true => Some(session.store.partial(&sha256)),
            false => Some(beside(place)),
        },
        file: &archive.file,
    };
    let (sender, receiver) = mpsc::channel(CHUNKS);
    if is_there || !(is_in_cache || is_local) {
        drop(receiver);
        return fetch(net, &download, sender, task).await;
    }
    let unfinished = Unfinished::begin(place)?;
    let writing = tokio::task::spawn_blocking(move || take(receiver, unfinished));
    let fetched = fetch(net, &download, sender, task).await;
    let written = writing.await;
    let fetched = fetched?;
    // A remote URL may have answered after a local one failed.
    if !place.is_file() {
        let failed = |error| IoFailure::at("write", place)(std::io::Error::other(error));
        let written: Unfinished = written.map_err(failed)??;
        written.finish()?;
    }
    Ok(fetched)
}

fn take(
    mut chunks: mpsc::Receiver<bytes::Bytes>,
    mut unfinished: Unfinished,
) -> Result<Unfinished, IoFailure> {
    while let Some(chunk) = chunks.blocking_recv() {
        let written = unfinished.file().write_all(&chunk);
        written.map_err(IoFailure::at("write", unfinished.place()))?;
    }
    Ok(unfinished)
}

/// Returns the hidden path of a partial download next to the file.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.partial"))
}
