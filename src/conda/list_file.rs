//! The cached list of a channel's packages: one file, replaced as a whole.
//!
//! ```text
//! the list, decompressed
//! JSON: where it is from, what identifies its state, and where its records are
//! the length of the JSON, 8 bytes, little-endian
//! ftpylist
//! ```
//!
//! Its modification time is that of the last answer of the server.

use crate::conda::list_index::ListIndex;
use crate::digest::Digest;
use crate::error::IoFailure;
use crate::host::atomic_file::Unfinished;
use crate::net::Validators;
use crate::secret_url::SecretUrl;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The end of the file.
const MARK: &[u8; 8] = b"ftpylist";
/// The maximum length of the JSON.
const LARGEST: u64 = 512 << 20;

/// What is known about a list.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct About {
    /// Its URL, without secrets.
    pub(super) url: String,
    /// What identifies its state.
    pub(super) validators: Validators,
    /// The seconds for which it needs no new request.
    pub(super) max_age: Option<u64>,
    /// Where its records are, if it is a `repodata.json`.
    pub(super) index: Option<ListIndex>,
}

/// A list on the disk, perhaps without a name.
#[derive(Debug)]
pub(super) struct ListFile {
    file: Mutex<File>,
    /// The length of the list itself.
    length: u64,
    /// What is known about it.
    pub(super) about: About,
    /// Whether it needs no new request.
    pub(super) is_fresh: bool,
}

/// The path of the cached list at a URL.
pub(super) fn place(cache: &Path, url: &SecretUrl) -> PathBuf {
    let digest = Digest::of(url.to_string().as_bytes()).to_string();
    cache.join(format!("{}.list", &digest[..32]))
}

impl ListFile {
    /// Opens a cached list; `None` if there is none, or it is damaged.
    pub(super) fn open(place: &Path) -> Option<Self> {
        let mut file = File::open(place).ok()?;
        let metadata = file.metadata().ok()?;
        let mut tail = [0; 16];
        let end = metadata.len().checked_sub(16)?;
        file.seek(SeekFrom::Start(end)).ok()?;
        file.read_exact(&mut tail).ok()?;
        let (length, mark) = tail.split_at(8);
        let json = u64::from_le_bytes(length.try_into().ok()?);
        let length = end.checked_sub(json)?;
        if mark != MARK || json > LARGEST {
            return None;
        }
        file.seek(SeekFrom::Start(length)).ok()?;
        let mut bytes = Vec::new();
        (&mut file).take(json).read_to_end(&mut bytes).ok()?;
        let about: About = serde_json::from_slice(&bytes).ok()?;
        let age = SystemTime::now().duration_since(metadata.modified().ok()?);
        let is_fresh = match (age, about.max_age) {
            (Ok(age), Some(most)) => age < Duration::from_secs(most),
            _ => false,
        };
        Some(Self {
            file: Mutex::new(file),
            length,
            about,
            is_fresh,
        })
    }

    /// A list that is not cached.
    pub(super) fn of(file: File, about: About) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self {
            file: Mutex::new(file),
            length,
            about,
            is_fresh: true,
        })
    }

    /// Reads a part of the list: its first byte and its length.
    pub(super) fn read(&self, (start, length): (u64, u64)) -> io::Result<Vec<u8>> {
        let end = start.checked_add(length);
        if end.is_none_or(|end| end > self.length) {
            return Err(io::Error::other("it is damaged"));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads all of the list.
    pub(super) fn read_all(&self) -> io::Result<Vec<u8>> {
        self.read((0, self.length))
    }
}

/// Completes the file of a list and puts it into its place.
pub(super) fn put(mut unfinished: Unfinished, about: About) -> Result<ListFile, IoFailure> {
    let place = unfinished.place().to_owned();
    let write = || -> io::Result<ListFile> {
        let file = unfinished.file();
        let length = file.seek(SeekFrom::End(0))?;
        let json = serde_json::to_vec(&about)?;
        file.write_all(&json)?;
        file.write_all(&(json.len() as u64).to_le_bytes())?;
        file.write_all(MARK)?;
        Ok(ListFile {
            file: Mutex::new(file.try_clone()?),
            length,
            about,
            is_fresh: true,
        })
    };
    let made = write().map_err(IoFailure::at("write", &place))?;
    unfinished.appear()?;
    Ok(made)
}

/// Notes that the server has confirmed a list.
pub(super) fn confirm(place: &Path) {
    // Without it, the server is asked once more.
    let file = File::options().append(true).open(place);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_back_and_a_damaged_one_is_not_there() {
        let home = tempfile::tempdir().expect("tempdir");
        let place = place(
            home.path(),
            &SecretUrl::from("https://me:s3cret@h.example/x"),
        );
        assert!(ListFile::open(&place).is_none());
        let mut unfinished = Unfinished::begin(&place).expect("begin");
        unfinished.file().write_all(b"{\"a\": 1}").expect("write");
        let about = About {
            url: "https://h.example/x".to_owned(),
            max_age: Some(60),
            ..About::default()
        };
        let put = put(unfinished, about).expect("put");
        assert_eq!(put.read_all().expect("read"), b"{\"a\": 1}");
        let found = ListFile::open(&place).expect("a list");
        assert_eq!(found.read((1, 3)).expect("read"), b"\"a\"");
        assert!(found.read((7, 2)).is_err() && found.read((u64::MAX, 2)).is_err());
        assert!(found.is_fresh && found.about.url == "https://h.example/x");
        let file = File::options().append(true).open(&place).expect("open");
        let hour = Duration::from_secs(3600);
        for time in [SystemTime::now() - hour, SystemTime::now() + hour] {
            file.set_modified(time).expect("time");
            assert!(!ListFile::open(&place).expect("a list").is_fresh);
        }
        confirm(&place);
        assert!(ListFile::open(&place).expect("a list").is_fresh);
        let bytes = std::fs::read(&place).expect("read");
        for length in 0..bytes.len() {
            std::fs::write(&place, &bytes[..length]).expect("write");
            assert!(ListFile::open(&place).is_none(), "{length}");
        }
    }
}
