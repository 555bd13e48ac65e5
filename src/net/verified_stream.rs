//! The bytes of one download: hashed and handed on as they arrive, and kept.
//!
//! A broken transfer is resumed. Only a whole file with another digest is wrong: a body of unknown
//! length that ends is requested once more from its end.

use crate::cancel::Cancel;
use crate::digest::Hasher;
use crate::error::IoFailure;
use crate::net::headers::Condition;
use crate::net::part::Part;
use crate::net::response::{OpenError, Opened, Passing};
use crate::net::{Download, FetchError, Fetched, Net, Reason, Trust};
use crate::report::{Task, Verb};
use crate::secret_url::SecretUrl;
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use tokio::sync::mpsc;

/// The size limit of archives whose size is unknown.
const LARGEST: u64 = 4 << 30;

/// How often one transfer may break and be resumed.
const MOST_BREAKS: u32 = 40;

/// A download in progress.
pub(super) struct Flow<'a> {
    download: &'a Download<'a>,
    cancel: &'a Cancel,
    sink: Option<mpsc::Sender<Bytes>>,
    task: &'a Task,
    hasher: Hasher,
    done: u64,
    /// The number of bytes that were already on disk.
    kept: u64,
    keep: Option<(File, &'a Path)>,
    /// Where a body of unknown length ended.
    ended_at: Option<u64>,
}

impl<'a> Flow<'a> {
    /// Creates a download without any bytes.
    pub(super) fn new(
        cancel: &'a Cancel,
        download: &'a Download<'a>,
        sink: mpsc::Sender<Bytes>,
        task: &'a Task,
    ) -> Self {
        Self {
            download,
            cancel,
            sink: Some(sink),
            task,
            hasher: Hasher::default(),
            done: 0,
            kept: 0,
            keep: None,
            ended_at: None,
        }
    }

    /// Returns why the bytes can be trusted.
    pub(super) fn trust(&self) -> Trust {
        Trust::of(self.download.sha256)
    }

    /// Returns the number of bytes so far.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Reads a cached file, which is hashed like a download because the cache is not trusted.
    pub(super) async fn take_cached(mut self, cached: &Path) -> Result<Fetched, FetchError> {
        let subject = self.download.subject(self.task);
        self.task
            .bytes(Verb::Verifying, subject, self.download.size);
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

    /// Reads the partial file of an interrupted run.
    pub(super) async fn take_partial(&mut self) -> Result<(), FetchError> {
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

    /// Downloads the rest from one URL that has answered, with retries.
    pub(super) async fn take_from(
        &mut self,
        net: &Net,
        url: &SecretUrl,
        first: Result<Opened, OpenError>,
    ) -> Result<(), FetchError> {
        let mut failures = 0;
        let mut breaks = 0;
        let mut validator = None;
        let mut next = Some(first);
        let trust = self.trust();
        let mut begins_again = false;
        loop {
            let before = self.done;
            let opened = match next.take() {
                Some(opened) => opened,
                None if begins_again => {
                    net.open(url, trust, (Part::From(0), Condition::Always))
                        .await
                }
                None => {
                    net.open(
                        url,
                        trust,
                        (
                            Part::From(self.done),
                            Condition::of_part(validator.as_deref()),
                        ),
                    )
                    .await
                }
            };
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
            // A transfer that makes progress is resumed, but not endlessly.
            breaks += 1;
            if breaks > MOST_BREAKS {
                let text = format!("{url}: the transfer broke {breaks} times");
                return Err(FetchError::Unavailable(vec![Reason::of_file(text)]));
            }
            if let OpenError::NoRange(reason) = error {
                if begins_again {
                    return Err(FetchError::Unavailable(vec![Reason::of_file(reason)]));
                }
                // Requests the whole file, and compares the bytes that are already here.
                begins_again = true;
                continue;
            }
            failures = if self.done > before { 1 } else { failures + 1 };
            net.pause_or_fail(url, error, failures).await?;
            net.keep_pace(url).await?;
        }
    }

    async fn take_body(&mut self, url: &SecretUrl, mut opened: Opened) -> Result<(), Stopped> {
        self.start(url, &opened).await?;
        // A server that ignores ranges sends the known bytes again.
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
                        .wrong(url, "the file changed during the download")
                        .into());
                }
            }
            if !chunk.is_empty() {
                self.take(url, chunk).await?;
            }
        }
        let broken = |reason: String| Err(Stopped::Broken(OpenError::Passing(Passing::of(reason))));
        match whole {
            Some(whole) if self.done < whole => broken(format!(
                "the transfer ended after {} of {whole} bytes",
                self.done
            )),
            // The file is shorter than its first part.
            None if again > 0 => broken("the transfer ended early".to_owned()),
            None if self.may_be_cut() => {
                self.ended_at = Some(self.done);
                broken(format!("the transfer ended after {} bytes", self.done))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether a body of unknown length may be cut off. A body that ends twice at the same
    /// byte is complete.
    fn may_be_cut(&self) -> bool {
        if let Some(size) = self.download.size {
            return self.done < size;
        }
        let is_right = |expected| self.hasher.clone().finish() == expected;
        let is_wrong = self.download.sha256.is_some_and(|sha256| !is_right(sha256));
        is_wrong && self.ended_at != Some(self.done)
    }

    /// Checks the announced size, and opens the partial file when the first body arrives.
    async fn start(&mut self, url: &SecretUrl, opened: &Opened) -> Result<(), Stopped> {
        if let (Some(expected), Some(total)) = (self.download.size, opened.total)
            && expected != total
        {
            let reason = format!("size mismatch: {total} bytes, expected {expected}");
            return Err(self.wrong(url, &reason).into());
        }
        if let (None, Some(total)) = (self.download.size, opened.total) {
            let subject = self.download.subject(self.task);
            let verb = self.download.verb();
            self.task.bytes(verb, subject, Some(total));
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
            return Err(self.wrong(url, &format!("size mismatch: more than {limit} bytes")));
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
            // `keep` is not set yet, so these bytes are not written again.
            self.take(&SecretUrl::default(), buffer.into()).await?;
        }
    }

    /// Verifies the digest. Bytes become trusted only here.
    pub(super) fn finish(mut self, url: &SecretUrl) -> Result<Fetched, FetchError> {
        self.sink = None;
        let size = self.done;
        if let Some(expected) = self.download.size
            && size != expected
        {
            return Err(self.wrong(
                url,
                &format!("size mismatch: {size} bytes, expected {expected}"),
            ));
        }
        let sha256 = self.hasher.clone().finish();
        if let Some(expected) = self.download.sha256
            && sha256 != expected
        {
            return Err(self.wrong(
                url,
                &format!("digest mismatch: sha256 is {sha256}, expected {expected}"),
            ));
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

    /// Removes the partial file. The URL is blamed only if all bytes came from it in this run.
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

/// Removes a file that is too long, because it would be too long in every later run.
fn remove_if_stale(taken: &Result<(), FetchError>, path: &Path) {
    if matches!(taken, Err(FetchError::Stale)) {
        let _ = std::fs::remove_file(path);
    }
}

/// Why a body was not read completely.
enum Stopped {
    /// Permanently.
    For(FetchError),
    /// It may be retried.
    Broken(OpenError),
}

impl From<FetchError> for Stopped {
    fn from(error: FetchError) -> Self {
        Self::For(error)
    }
}
