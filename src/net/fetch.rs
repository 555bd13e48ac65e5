//! A download: from the cache or the network, hashed as it flows, handed on as it flows, kept.

use crate::cancel::Cancel;
use crate::digest::{Digest, Hasher};
use crate::error::IoFailure;
use crate::net::opened::{OpenError, Opened};
use crate::net::{FetchError, Net, Reason, Trust};
use crate::report::{Phase, Task};
use crate::secret_url::SecretUrl;
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// No interpreter comes in an archive of this size.
const LARGEST: u64 = 4 << 30;

/// So often may one transfer break and be resumed.
const MOST_BREAKS: u32 = 40;

/// What to fetch.
#[derive(Debug)]
pub struct Download<'a> {
    /// Where the same bytes are, the best place first.
    pub urls: &'a [SecretUrl],
    /// What they must be; `None` only where the person said so by name.
    pub sha256: Option<Digest>,
    /// How many they must be, if that is known.
    pub size: Option<u64>,
    /// Where the whole file is kept, and looked for first.
    pub cached: Option<PathBuf>,
    /// Where a part is kept, to go on with.
    pub partial: Option<PathBuf>,
    /// What to call it in front of people.
    pub file: &'a str,
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it came from; the first place, if from the cache.
    pub url: String,
    /// What the bytes are.
    pub sha256: Digest,
    /// How many they are.
    pub size: u64,
    /// Places that were asked before that one, and could not serve.
    pub passed_over: Vec<Reason>,
}

/// A download on its way.
struct Flow<'a> {
    download: &'a Download<'a>,
    cancel: &'a Cancel,
    sink: Option<mpsc::Sender<Bytes>>,
    task: &'a Task,
    hasher: Hasher,
    done: u64,
    /// So many of them were on this disk already.
    kept: u64,
    keep: Option<(File, &'a Path)>,
}

/// Fetches, and gives the bytes to `sink` as they come. They are verified when this returns:
/// nothing that was made of them may be used before.
///
/// A `sink` that is closed does not stop the download: whether the bytes were wrong says more
/// than that an unpacker choked on them.
///
/// # Errors
/// See [`FetchError`].
pub async fn fetch(
    net: &Net,
    download: &Download<'_>,
    sink: mpsc::Sender<Bytes>,
    task: &Task,
) -> Result<Fetched, FetchError> {
    let mut flow = Flow {
        download,
        cancel: net.cancel(),
        sink: Some(sink),
        task,
        hasher: Hasher::default(),
        done: 0,
        kept: 0,
        keep: None,
    };
    if let Some(cached) = &download.cached
        && cached.is_file()
    {
        return flow.take_cached(cached).await;
    }
    let what = "downloading".to_owned();
    task.phase(Phase::Bytes(what, download.size));
    flow.take_partial().await?;
    let mut reasons = Vec::new();
    for url in download.urls {
        match flow.take_from(net, url).await {
            Ok(()) => {
                let passed_over = reasons;
                return flow.finish(url).map(|fetched| Fetched {
                    passed_over,
                    ..fetched
                });
            }
            Err(FetchError::Unavailable(found)) => {
                for reason in found {
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(FetchError::Unavailable(reasons))
}

impl<'a> Flow<'a> {
    /// A cached file goes the same way, because a cache is only as good as its digest.
    async fn take_cached(mut self, cached: &Path) -> Result<Fetched, FetchError> {
        let what = "reading the cache".to_owned();
        self.task.phase(Phase::Bytes(what, self.download.size));
        let mut file = File::open(cached).map_err(IoFailure::at("read", cached))?;
        self.kept = file.metadata().map_or(0, |metadata| metadata.len()).max(1);
        let taken = self.take_file(&mut file, cached).await;
        remove_if_stale(&taken, cached);
        taken?;
        let url = self.download.urls.first().cloned().unwrap_or_default();
        let finished = self.finish(&url);
        if let Err(FetchError::Stale) = &finished {
            std::fs::remove_file(cached).map_err(IoFailure::at("remove", cached))?;
        }
        finished
    }

    /// What an earlier run got before it was stopped.
    async fn take_partial(&mut self) -> Result<(), FetchError> {
        let download = self.download;
        let Some(partial) = &download.partial else {
            return Ok(());
        };
        let Ok(mut file) = OpenOptions::new().read(true).append(true).open(partial) else {
            return Ok(());
        };
        self.kept = file.metadata().map_or(0, |metadata| metadata.len());
        let taken = self.take_file(&mut file, partial).await;
        remove_if_stale(&taken, partial);
        taken?;
        self.keep = Some((file, partial));
        Ok(())
    }

    /// Takes what is missing from one place, trying again where that makes sense.
    async fn take_from(&mut self, net: &Net, url: &SecretUrl) -> Result<(), FetchError> {
        let mut failures = 0;
        let mut breaks = 0;
        let mut validator = None;
        let trust = Trust::of(self.download.sha256);
        loop {
            let before = self.done;
            let opened = net
                .open(url, trust, (self.done, validator.as_deref()))
                .await;
            let error = match opened {
                Ok(opened) => {
                    validator = opened.validator.clone();
                    match self.take_body(url, opened).await {
                        Ok(()) => return Ok(()),
                        Err(Stopped::For(error)) => return Err(error),
                        Err(Stopped::Broken(error)) => error,
                    }
                }
                Err(error) => error,
            };
            // A transfer that gets somewhere may break again, but not for ever.
            breaks += 1;
            if breaks > MOST_BREAKS {
                let text = format!("{}: the transfer broke off {breaks} times", url);
                let is_host = false;
                return Err(FetchError::Unavailable(vec![Reason { text, is_host }]));
            }
            failures = if self.done > before { 1 } else { failures + 1 };
            net.pause_or_fail(url, error, failures).await?;
        }
    }

    async fn take_body(&mut self, url: &SecretUrl, mut opened: Opened) -> Result<(), Stopped> {
        self.start(url, &opened).await?;
        // A server that ignores ranges sends again what is already here.
        let mut again = self.done - opened.offset.min(self.done);
        let mut check = Hasher::default();
        let whole = opened.total;
        loop {
            let chunk = tokio::select! {
                chunk = opened.chunk() => chunk.map_err(Stopped::Broken)?,
                () = self.cancel.cancelled() => return Err(FetchError::Interrupted.into()),
            };
            let Some(mut chunk) = chunk else {
                break;
            };
            if again > 0 {
                let size = chunk
                    .len()
                    .min(usize::try_from(again).unwrap_or(usize::MAX));
                let known = chunk.split_to(size);
                check.update(&known);
                again -= known.len() as u64;
                if again == 0 && check.clone().finish() != self.hasher.clone().finish() {
                    return Err(self
                        .wrong(url, "the file changed while it was fetched")
                        .into());
                }
            }
            if !chunk.is_empty() {
                self.take(url, chunk).await?;
            }
        }
        if let Some(whole) = whole
            && self.done < whole
        {
            let reason = format!("the transfer ended after {} of {whole} bytes", self.done);
            return Err(Stopped::Broken(OpenError::Passing(reason, None)));
        }
        Ok(())
    }

    /// Checks the promised size, and opens the partial file at the first body.
    async fn start(&mut self, url: &SecretUrl, opened: &Opened) -> Result<(), Stopped> {
        if let (Some(expected), Some(total)) = (self.download.size, opened.total)
            && expected != total
        {
            let reason = format!("it is {total} bytes long, not {expected}");
            return Err(self.wrong(url, &reason).into());
        }
        if let (None, Some(total)) = (self.download.size, opened.total) {
            let what = "downloading".to_owned();
            self.task.phase(Phase::Bytes(what, Some(total)));
            self.task.reach(self.done);
        }
        if self.keep.is_none()
            && self.done == 0
            && let Some(partial) = &self.download.partial
            && !url.is_file()
        {
            let directory = partial.parent().unwrap_or(partial);
            std::fs::create_dir_all(directory)
                .map_err(IoFailure::at("create", directory))
                .map_err(FetchError::from)?;
            let file = OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .open(partial)
                .map_err(IoFailure::at("write", partial))
                .map_err(FetchError::from)?;
            self.keep = Some((file, partial));
        }
        Ok(())
    }

    async fn take(&mut self, url: &SecretUrl, chunk: Bytes) -> Result<(), FetchError> {
        self.hasher.update(&chunk);
        self.done += chunk.len() as u64;
        let limit = self.download.size.unwrap_or(LARGEST);
        if self.done > limit {
            return Err(self.wrong(url, &format!("it has more than {limit} bytes")));
        }
        if let Some((file, path)) = &mut self.keep {
            file.write_all(&chunk)
                .map_err(IoFailure::at("write", *path))?;
        }
        self.task.advance(chunk.len() as u64);
        if let Some(sink) = &self.sink
            && sink.send(chunk).await.is_err()
        {
            self.sink = None;
        }
        Ok(())
    }

    async fn take_file(&mut self, file: &mut File, path: &Path) -> Result<(), FetchError> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(FetchError::Interrupted);
            }
            let mut buffer = vec![0; 256 * 1024];
            let read = file
                .read(&mut buffer)
                .map_err(IoFailure::at("read", path))?;
            if read == 0 {
                return Ok(());
            }
            buffer.truncate(read);
            // `keep` is not set yet: what is read here is not written again.
            self.take(&SecretUrl::default(), buffer.into()).await?;
        }
    }

    /// The one place where bytes become trusted.
    fn finish(mut self, url: &SecretUrl) -> Result<Fetched, FetchError> {
        self.sink = None;
        let size = self.done;
        if let Some(expected) = self.download.size
            && size != expected
        {
            return Err(self.wrong(url, &format!("it is {size} bytes long, not {expected}")));
        }
        let sha256 = self.hasher.clone().finish();
        if let Some(expected) = self.download.sha256
            && sha256 != expected
        {
            return Err(self.wrong(url, &format!("its sha256 is {sha256}, not {expected}")));
        }
        if let (Some((file, partial)), Some(cached)) = (self.keep.take(), &self.download.cached) {
            drop(file);
            let directory = cached.parent().unwrap_or(cached);
            std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
            std::fs::rename(partial, cached).map_err(IoFailure::at("create", cached))?;
        }
        Ok(Fetched {
            url: url.to_string(),
            sha256,
            size,
            passed_over: Vec::new(),
        })
    }

    /// Wrong bytes are not kept to go on with; and whose they were is known only if all of
    /// them came now.
    fn wrong(&mut self, url: &SecretUrl, reason: &str) -> FetchError {
        if let Some((_, partial)) = self.keep.take() {
            let _ = std::fs::remove_file(partial);
        }
        if self.kept > 0 {
            return FetchError::Stale;
        }
        FetchError::Wrong {
            url: url.to_string(),
            reason: reason.to_owned(),
        }
    }
}

/// A kept file that is longer than it may be would be so in every later run, too.
fn remove_if_stale(taken: &Result<(), FetchError>, path: &Path) {
    if matches!(taken, Err(FetchError::Stale)) {
        let _ = std::fs::remove_file(path);
    }
}

/// Why a body was not read to its end.
enum Stopped {
    /// It is over.
    For(FetchError),
    /// It may be tried again.
    Broken(OpenError),
}

impl From<FetchError> for Stopped {
    fn from(error: FetchError) -> Self {
        Self::For(error)
    }
}
