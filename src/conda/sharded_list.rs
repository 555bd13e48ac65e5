//! The list of a sharded channel (CEP 16): an index with a digest for each package, and one small
//! file for each package, which is named by that digest and kept as it arrived.

use crate::conda::list_file::{About, ListFile, confirm, place, put};
use crate::conda::lists::{ListError, Lists};
use crate::conda::records::directory;
use crate::digest::Digest;
use crate::error::IoFailure;
use crate::host::atomic_file::Unfinished;
use crate::net::{FetchError, Refreshed, Trust};
use crate::parser_limits::read_message;
use crate::secret_url::SecretUrl;
use crate::unpack::{Source, each_piece};
use rattler_conda_types::{Shard, ShardedRepodata};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use tokio::task::{block_in_place, spawn_blocking};
use url::Url;

/// The name of the index.
const NAME: &str = "repodata_shards.msgpack.zst";
/// The maximum size of a shard as it is transferred, and of a shard or an index decompressed.
const LARGEST_PACKED: u64 = 64 << 20;
const LARGEST: usize = 256 << 20;

/// The index of a list.
#[derive(Debug)]
pub(super) struct ShardedList {
    /// The digests of the shards, and what the list says about itself.
    pub(super) index: ShardedRepodata,
    /// The directory of the shards.
    shards: Url,
}

impl ShardedList {
    /// Fetches the index in a directory, if it has changed; `None` if there is none.
    pub(super) async fn fetch(lists: &Lists<'_>, above: &Url) -> Result<Option<Self>, FetchError> {
        if above.scheme() == "file" {
            return Ok(None);
        }
        let net = lists.net;
        let url = SecretUrl::from(above.as_str()).join(NAME);
        let own_place = place(lists.cache, &url);
        let known_place = own_place.clone();
        let cached = spawn_blocking(move || cached(&known_place))
            .await
            .ok()
            .flatten();
        let known = match cached {
            Some((file, index)) if file.is_fresh || net.is_offline() => {
                return Self::of(index, above, &url).map(Some);
            }
            None if net.is_offline() => return Ok(None),
            cached => cached,
        };
        let validators = known
            .as_ref()
            .map(|(file, _)| file.about.validators.clone());
        let begin = |source| {
            let source = Source::new(source, net.cancel().clone());
            spawn_blocking(move || decoded(source))
        };
        let index = match net
            .refresh(&url, &validators.unwrap_or_default(), begin)
            .await?
        {
            Refreshed::Missing(_) => return Ok(None),
            Refreshed::Unchanged => {
                confirm(&own_place);
                known.expect("its validators were sent").1
            }
            Refreshed::Changed {
                receiver,
                validators,
                max_age,
            } => {
                let bytes = receiver.await.map_err(|panic| ListError::of(&panic));
                let bytes = bytes.flatten().map_err(|error| error.at(&url))?;
                let index = read_message(&bytes);
                let index = index.map_err(|error| ListError::of(&error).at(&url))?;
                let about = About {
                    url: url.to_string(),
                    validators,
                    max_age,
                    index: None,
                };
                // The list can be used even if the store is not writable.
                let _ = block_in_place(|| keep(&own_place, &bytes, about));
                index
            }
        };
        Self::of(index, above, &url).map(Some)
    }

    /// Removes the cached index of a directory that has a list of another form.
    pub(super) fn forget(lists: &Lists<'_>, above: &Url) {
        let url = SecretUrl::from(above.as_str()).join(NAME);
        let _ = std::fs::remove_file(place(lists.cache, &url));
    }

    fn of(index: ShardedRepodata, above: &Url, url: &SecretUrl) -> Result<Self, FetchError> {
        let shards = directory(above, &index.info.shards_base_url);
        let shards = shards.map_err(|reason| ListError::Invalid(reason).at(url))?;
        Ok(Self { index, shards })
    }

    /// Returns the records of a package; `None` if the list does not have it, or they are not
    /// cached and cannot be fetched offline.
    pub(super) async fn shard(
        &self,
        lists: &Lists<'_>,
        name: &str,
    ) -> Result<Option<Shard>, FetchError> {
        let Some(digest) = self.index.shards.get(name) else {
            return Ok(None);
        };
        let digest = Digest::from(<[u8; 32]>::from(*digest));
        let url = SecretUrl::from(self.shards.as_str()).join(&format!("{digest}.msgpack.zst"));
        let own_place = lists.cache.join("shards").join(digest.to_string());
        let known_place = own_place.clone();
        // The cache is not trusted.
        let known = move || {
            let bytes = std::fs::read(known_place).ok()?;
            Some(bytes).filter(|bytes| Digest::of(bytes) == digest)
        };
        let cached = spawn_blocking(move || known().map(shard_of)).await;
        if let Ok(Some(shard)) = cached {
            return shard.map(Some).map_err(|error| error.at(&url));
        }
        if lists.net.is_offline() {
            return Ok(None);
        }
        // Pinned, but at a place that the index names: it is not left for http.
        let bytes = lists
            .net
            .read(&url, Trust::FromTransport, LARGEST_PACKED)
            .await?;
        let found = Digest::of(&bytes);
        if found != digest {
            let reason = format!("digest mismatch: expected {digest}, found {found}");
            let url = url.to_string();
            return Err(FetchError::Wrong { url, reason });
        }
        let kept = move || {
            let written = Unfinished::begin(&own_place).and_then(|mut unfinished| {
                let written = unfinished.file().write_all(&bytes);
                written.map_err(IoFailure::at("write", &own_place))?;
                unfinished.appear()
            });
            let _ = written; // as for the index
            shard_of(bytes)
        };
        let shard = spawn_blocking(kept)
            .await
            .map_err(|panic| ListError::of(&panic));
        shard.flatten().map(Some).map_err(|error| error.at(&url))
    }
}

/// The cached index, if it is there and complete.
fn cached(place: &Path) -> Option<(ListFile, ShardedRepodata)> {
    let file = ListFile::open(place)?;
    let index = read_message(&file.read_all().ok()?).ok()?;
    Some((file, index))
}

fn keep(place: &PathBuf, bytes: &[u8], about: About) -> Result<(), IoFailure> {
    let mut unfinished = Unfinished::begin(place)?;
    let written = unfinished.file().write_all(bytes);
    written.map_err(IoFailure::at("write", place))?;
    put(unfinished, about).map(drop)
}

/// Decompresses an index or a shard.
fn decoded(packed: impl Read + Send + 'static) -> Result<Vec<u8>, ListError> {
    let mut bytes = Vec::new();
    each_piece(packed, |piece| {
        bytes.extend_from_slice(piece);
        match bytes.len() > LARGEST {
            true => Err(ListError::Invalid(format!(
                "it is larger than {LARGEST} bytes"
            ))),
            false => Ok(()),
        }
    })?;
    Ok(bytes)
}

/// Reads a shard.
fn shard_of(packed: Vec<u8>) -> Result<Shard, ListError> {
    let bytes = decoded(Cursor::new(packed))?;
    read_message(&bytes).map_err(|error| ListError::of(&error))
}
