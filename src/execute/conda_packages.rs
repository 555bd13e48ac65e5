//! Downloads the packages of a conda environment into the cache, verified and unpacked as they
//! arrive.

use crate::conda::{Contents, Why, extract, extract_whole};
use crate::digest::Digest;
use crate::error::IoFailure;
use crate::execute::attempt::AttemptError;
use crate::execute::attempt::unavailable;
use crate::execute::error::{CondaError, ExecuteError};
use crate::execute::session::Session;
use crate::net::{Download, FetchError, Fetched, Net, fetch};
use crate::report::{Task, Verb, text};
use crate::store::Package;
use crate::unpack::Source;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// The number of parallel downloads.
const AT_ONCE: usize = 4;
/// The number of chunks buffered between the network and the decoder.
const CHUNKS: usize = 32;

/// A package in the cache.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    /// The package.
    pub(super) package: &'a Package,
    /// The directory of its files.
    pub(super) directory: PathBuf,
    /// Whether its files were checked during unpacking.
    pub(super) contents: Contents,
}

/// Returns the packages in the cache, in order.
pub(super) async fn fetch_all<'a>(
    session: &Session,
    packages: &'a [Package],
    task: &Task,
) -> Result<Vec<Kept<'a>>, AttemptError> {
    // Only one process downloads at a time, because most packages are the same.
    let is_cancelled = || session.cancel().is_cancelled();
    let waiting = |_: &str| task.step_on(Verb::Waiting, "for the downloads of another ftpy");
    let _lock = tokio::task::block_in_place(|| session.store.lock_packages(waiting, is_cancelled))?;
    let stage = tokio::task::block_in_place(|| session.store.cache_stage())?;
    let count = packages.len();
    task.step_on(Verb::Downloading, text::count(count, "package"));
    let mut fetching = Vec::new();
    for (index, package) in packages.iter().enumerate() {
        fetching.push(fetch_one(
            session,
            stage.path().join(index.to_string()),
            package,
        ));
    }
    let fetched: Vec<Kept<'_>> = stream::iter(fetching)
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    session.say_unavailable();
    task.done();
    Ok(fetched)
}

async fn fetch_one<'a>(
    session: &Session,
    work: PathBuf,
    package: &'a Package,
) -> Result<Kept<'a>, AttemptError> {
    let kept = |directory: PathBuf, contents: Contents| Kept {
        package,
        directory,
        contents,
    };
    let Package { file, sha256, .. } = package;
    if let Some(sha256) = sha256 {
        let there = session.store.package(sha256);
        if there.is_dir() {
            return Ok(kept(there, Contents::Unchecked));
        }
    } else {
        session
            .reporter
            .warn(format!("{file} is not verified: its sha256 is unknown"));
    }
    std::fs::create_dir(&work).map_err(IoFailure::at("create", &work))?;
    let net = session.conda.get().unwrap_or(&session.net);
    let task = session.reporter.task(&package.name);
    let (fetched, contents) = match stream_one(session, net, &work, package, &task).await {
        Err(AttemptError::Failed(failure)) if failure.message == FetchError::Stale.to_string() => {
            session.reporter.note(format!(
                "the cached {file} was damaged; downloading it again"
            ));
            stream_one(session, net, &work, package, &task).await?
        }
        other => other?,
    };
    // Only now the bytes are verified.
    let there = session.store.package(&fetched.sha256);
    let directory = there.parent().unwrap_or(&there);
    std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
    let moved = std::fs::rename(work.join("package"), &there);
    let _ = std::fs::remove_dir_all(&work);
    match moved {
        Err(error) if !there.is_dir() => Err(IoFailure::at("create", there)(error).into()),
        _ => Ok(kept(there, contents)),
    }
}

/// Unpacks a package into `work/package` as its bytes arrive.
async fn stream_one(
    session: &Session,
    net: &Net,
    work: &Path,
    package: &Package,
    task: &Task,
) -> Result<(Fetched, Contents), AttemptError> {
    let destination = work.join("package");
    let fresh = || {
        let _ = std::fs::remove_dir_all(&destination);
        std::fs::create_dir(&destination).map_err(IoFailure::at("create", &destination))
    };
    fresh()?;
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let source = Source::new(receiver, session.cancel().clone());
    let (file, into) = (package.file.clone(), destination.clone());
    let extracting = tokio::task::spawn_blocking(move || extract(&file, source, &into));
    let urls = [package.url.clone()];
    // A bundle puts the archives themselves into the cache.
    let cached = package.sha256.map(|sha256| session.store.cached(&sha256));
    let cached = cached.filter(|cached| cached.is_file());
    let kept = cached.unwrap_or_else(|| work.join("archive"));
    let download = Download {
        urls: &urls,
        sha256: package.sha256,
        size: package.size,
        cached: Some(kept.clone()),
        partial: package.sha256.map(|sha256| session.store.partial(&sha256)),
        file: &package.file,
    };
    let fetched = fetch(net, &download, sender, task).await;
    let extracted = extracting.await;
    if session.cancel().is_cancelled() {
        return Err(FetchError::Interrupted.into());
    }
    let fetched = fetched.map_err(unavailable)?;
    let refused = |reason: String| ExecuteError::Refused {
        what: package.file.clone(),
        reason,
    };
    match extracted {
        Ok(Ok(contents)) => return Ok((fetched, contents)),
        Ok(Err(error)) => match error.why {
            Why::Refused => return Err(refused(error.to_string()).into()),
            Why::Disk => {
                let reason = format!("{}: {error}", package.file);
                return Err(CondaError::Disk(reason).into());
            }
            Why::OnlyWhole => {}
        },
        Err(panic) => {
            let file = package.file.clone();
            return Err(CondaError::Unpacker { file, panic }.into());
        }
    }
    fresh()?;
    let contents =
        tokio::task::block_in_place(|| read_whole(package, kept, fetched.sha256, &destination));
    contents
        .map(|contents| (fetched, contents))
        .map_err(|reason| refused(reason).into())
}

/// Unpacks a local archive: `kept`, or one in the channel.
fn read_whole(
    package: &Package,
    kept: PathBuf,
    sha256: Digest,
    destination: &Path,
) -> Result<Contents, String> {
    let local = url::Url::parse(package.url.expose()).ok();
    let local = local.and_then(|url| url.to_file_path().ok());
    let path = match (kept.is_file(), local) {
        (false, Some(local)) => local,
        _ => kept,
    };
    let file = std::fs::File::open(&path).map_err(|error| error.to_string())?;
    let (found, _) = Digest::of_reader(file).map_err(|error| error.to_string())?;
    if found != sha256 {
        return Err("it changed while it was read".to_owned());
    }
    extract_whole(&path, destination).map_err(|error| error.to_string())
}
