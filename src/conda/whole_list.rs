//! The list of all packages of a channel for one platform: `repodata.json.zst` or `repodata.json`.
//! It is kept decompressed, with an index by name, and only the records that are asked for are
//! parsed.

use crate::conda::list_file::{About, ListFile, confirm, place, put};
use crate::conda::list_index::ListIndex;
use crate::conda::list_scanner::Scanner;
use crate::conda::lists::{ListError, Lists};
use crate::error::IoFailure;
use crate::host::atomic_file::Unfinished;
use crate::net::{FetchError, Reason, Refreshed, Validators};
use crate::secret_url::SecretUrl;
use crate::unpack::{Source, each_piece};
use rattler_conda_types::{ChannelInfo, Shard};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::PathBuf;
use tokio::task::spawn_blocking;
use url::Url;

/// The names of the list, the smaller one first.
const NAMES: [&str; 2] = ["repodata.json.zst", "repodata.json"];
/// The maximum size of a list that is not compressed; the largest one has a tenth of it.
const LARGEST: u64 = 4 << 30;
/// The first bytes of zstd and gzip.
const PACKED: [u8; 2] = [0x28, 0x1f];

/// A list.
#[derive(Debug)]
pub(super) struct WholeList {
    file: ListFile,
    /// Its place in the cache, if it was there.
    cached: Option<PathBuf>,
    /// What it says about itself.
    pub(super) info: ChannelInfo,
    /// The files that were removed from the channel.
    pub(super) removed: HashSet<String>,
}

/// A list that has arrived completely.
struct Arrived {
    unfinished: Option<Unfinished>,
    index: ListIndex,
}

impl WholeList {
    /// Fetches the list in a directory, if it has changed. The inner error says why there is none.
    pub(super) async fn fetch(
        lists: &Lists<'_>,
        directory: &Url,
    ) -> Result<Result<Self, Reason>, FetchError> {
        let net = lists.net;
        let is_local = directory.scheme() == "file";
        let own_place = place(lists.cache, &url_of(directory, NAMES[1]));
        let known_place = own_place.clone();
        let opened = spawn_blocking(move || ListFile::open(&known_place)).await;
        let mut cached = opened.ok().flatten().filter(|_| !is_local);
        if let Some(cached) = cached.take_if(|cached| cached.is_fresh || net.is_offline()) {
            return Self::read(lists, cached, Some(own_place)).map(Ok);
        }
        let mut names = NAMES;
        if is_local {
            names.reverse();
        }
        let (mut missing, mut failed) = (None, None);
        for name in names {
            let url = url_of(directory, name);
            let same = cached.as_ref().filter(|it| it.about.url == url.to_string());
            let known = same.map_or_else(Validators::default, |it| it.about.validators.clone());
            // A local list is read where it is.
            let keep = (!is_local || name != NAMES[1]).then(|| own_place.clone());
            let begin = |source| {
                let source = Source::new(source, net.cancel().clone());
                let keep = keep.clone();
                spawn_blocking(move || receive(source, keep))
            };
            let (receiver, validators, max_age) = match net.refresh(&url, &known, begin).await {
                Ok(Refreshed::Missing(reason)) => {
                    missing = Some(reason);
                    continue;
                }
                // The other form may be there nevertheless.
                Err(error @ FetchError::Unavailable(_)) => {
                    failed.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error),
                Ok(Refreshed::Unchanged) => {
                    confirm(&own_place);
                    let cached = cached.expect("its validators were sent");
                    return Self::read(lists, cached, Some(own_place)).map(Ok);
                }
                Ok(Refreshed::Changed {
                    receiver,
                    validators,
                    max_age,
                }) => (receiver, validators, max_age),
            };
            let about = About {
                url: url.to_string(),
                validators,
                max_age,
                index: None,
            };
            let arrived = receiver.await.map_err(|panic| ListError::of(&panic));
            let file = (arrived.flatten()).and_then(|it| it.keep(about, &url, is_local));
            return Self::read(lists, file.map_err(|error| error.at(&url))?, None).map(Ok);
        }
        failed.map_or_else(|| Ok(Err(missing.expect("two names were asked for"))), Err)
    }

    /// Reads what the list says about itself.
    fn read(
        lists: &Lists<'_>,
        file: ListFile,
        cached: Option<PathBuf>,
    ) -> Result<Self, FetchError> {
        let read = || -> io::Result<(ChannelInfo, HashSet<String>)> {
            let index = file
                .about
                .index
                .as_ref()
                .ok_or(io::ErrorKind::InvalidData)?;
            let info = index.info(|span| file.read(span))?;
            let removed = index.removed(|span| file.read(span))?;
            let removed = serde_json::from_slice(&removed)?;
            Ok((serde_json::from_slice(&info)?, removed))
        };
        match read() {
            Ok((info, removed)) => Ok(Self {
                file,
                cached,
                info,
                removed,
            }),
            Err(error) => {
                if let Some(place) = &cached {
                    lists.discard(place);
                }
                Err(ListError::of(&error).at(&file.about.url.into()))
            }
        }
    }

    /// Returns the records of a package; `None` if the list does not have it.
    pub(super) fn shard(&self, name: &str) -> Result<Option<Shard>, ListError> {
        let index = self.file.about.index.as_ref();
        let text = index.map(|index| index.shard(name, |span| self.file.read(span)));
        let text = text.transpose().map_err(|error| ListError::of(&error))?;
        let shard = text.flatten().map(|text| serde_json::from_slice(&text));
        shard.transpose().map_err(|error| ListError::of(&error))
    }

    /// The error of the list; if it was cached, it is removed.
    pub(super) fn failed(&self, lists: &Lists<'_>, error: ListError) -> FetchError {
        if let Some(place) = &self.cached {
            lists.discard(place);
        }
        error.at(&self.file.about.url.as_str().into())
    }
}

impl Arrived {
    /// Puts the list into the cache, unless it is on this machine anyway.
    fn keep(
        self,
        mut about: About,
        url: &SecretUrl,
        is_local: bool,
    ) -> Result<ListFile, ListError> {
        about.index = Some(self.index);
        let path = || crate::file_url::path_of(url.expose()).and_then(Result::ok);
        let file = match self.unfinished {
            Some(unfinished) if !is_local => return Ok(put(unfinished, about)?),
            Some(mut unfinished) => unfinished.file().try_clone(),
            None => File::open(path().unwrap_or_default()),
        };
        let file = file.and_then(|file| ListFile::of(file, about));
        file.map_err(|error| ListError::of(&error))
    }
}

fn url_of(directory: &Url, name: &str) -> SecretUrl {
    SecretUrl::from(directory.as_str()).join(name)
}

/// Decompresses and indexes a list while it arrives, and writes it to a file for `keep`.
fn receive(mut source: Source, keep: Option<PathBuf>) -> Result<Arrived, ListError> {
    let unfinished = keep.map(|place| Unfinished::begin(&place));
    let mut unfinished = unfinished.transpose()?;
    let mut scanner = Scanner::default();
    let mut size = 0;
    let mut take = |bytes: &[u8]| {
        scanner.take(bytes).map_err(ListError::Invalid)?;
        size += bytes.len() as u64;
        if size > LARGEST {
            return Err(ListError::Invalid(format!(
                "it is larger than {LARGEST} bytes"
            )));
        }
        let Some(unfinished) = &mut unfinished else {
            return Ok(());
        };
        let written = unfinished.file().write_all(bytes);
        Ok(written.map_err(IoFailure::at("write", unfinished.place()))?)
    };
    let mut first = [0];
    let read = source
        .read(&mut first)
        .map_err(|error| ListError::of(&error))?;
    let mut whole = Cursor::new(first[..read].to_vec()).chain(source);
    if PACKED.contains(&first[0]) {
        each_piece(whole, take)?;
    } else {
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match whole
                .read(&mut buffer)
                .map_err(|error| ListError::of(&error))?
            {
                0 => break,
                read => take(&buffer[..read])?,
            }
        }
    }
    let index = scanner.finish().map_err(ListError::Invalid)?;
    Ok(Arrived { unfinished, index })
}
