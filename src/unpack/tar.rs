//! Unpacks one part of a tar archive into a directory, as allowed by the path policy.

use crate::digest::Hasher;
use crate::error::IoFailure;
use crate::host::fs::symlink;
use crate::store::Inventory;
use crate::unpack::UnpackError;
use crate::unpack::budget::Budget;
use crate::unpack::decode::{Frames, decode};
use crate::unpack::entry::{Members, check_header, create, hostile};
use crate::unpack::limits::Bounded;
use crate::unpack::path_policy::{Guard, Made, names};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tar::{Archive, Entry, EntryType};

/// The maximum number of entries.
const MOST_ENTRIES: u64 = 500_000;

/// The result of unpacking.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// The files and links, with the digests of what was written.
    pub inventory: Inventory,
    /// `PYTHON.json` of a full archive.
    pub python_json: Option<Vec<u8>>,
}

/// Directories of a prefix: their parent is the prefix.
const LANDMARKS: [&str; 4] = ["bin", "lib", "include", "share"];

/// Unpacks everything below `prefix` in the archive, or all of it if that is empty, into
/// `destination`, an empty directory. If no prefix is given, it is `python/install` after a
/// `python/PYTHON.json`, otherwise the directory that contains the first `bin`, `lib`, `include` or
/// `share`.
///
/// Everything else in the archive is skipped but still validated. Modification times are preserved,
/// because `make` and byte code depend on them.
///
/// # Errors
/// See [`UnpackError`]; the caller removes what was unpacked until then.
pub fn unpack(
    packed: impl Read + Send + 'static,
    prefix: Option<&str>,
    destination: &Path,
) -> Result<Unpacked, UnpackError> {
    let budget = Budget::of_archive();
    let mut unpacker = Unpacker::new(destination, prefix, budget.clone());
    unpacker.take_archive(budget.packed(packed))?;
    let unpacked = unpacker.finish();
    if unpacked.inventory.files.is_empty() {
        let prefix = prefix.unwrap_or("bin").to_owned();
        return Err(UnpackError::Empty { prefix });
    }
    Ok(unpacked)
}

/// Unpacks one archive, or the several archives of a package, into one directory with shared rules
/// and a shared budget.
#[derive(Debug)]
pub struct Unpacker {
    destination: PathBuf,
    /// `None` until it is found.
    prefix: Option<Vec<String>>,
    guard: Guard,
    budget: Budget,
    unpacked: Unpacked,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// Unpacks into `destination`, an empty directory; `prefix` as for [`unpack`].
    #[must_use]
    pub fn new(destination: &Path, prefix: Option<&str>, budget: Budget) -> Self {
        Self {
            destination: destination.to_owned(),
            prefix: prefix.map(|prefix| {
                let names = prefix.split('/').filter(|name| !name.is_empty());
                names.map(str::to_owned).collect()
            }),
            guard: Guard::default(),
            budget,
            unpacked: Unpacked::default(),
            buffer: vec![0; 128 * 1024],
        }
    }

    /// Unpacks an archive to its last byte. The caller counts its packed bytes.
    ///
    /// # Errors
    /// See [`UnpackError`]; the caller removes what was unpacked until then.
    pub fn take_archive(&mut self, packed: impl Read + Send + 'static) -> Result<(), UnpackError> {
        let decoded = decode(packed, Frames::Any, self.budget.clone());
        let mut archive = Archive::new(Bounded::new(decoded));
        let result = self.take_all(&mut archive);
        let (mut rest, failure) = archive.into_inner().into_parts();
        if let Some(failure) = failure.or(rest.failure.take()) {
            return Err(failure);
        }
        result?;
        // Only padding may follow the end of the tar; the decoder must reach its own end, too.
        if std::io::copy(&mut rest, &mut std::io::sink()).is_err()
            && let Some(failure) = rest.failure.take()
        {
            return Err(failure);
        }
        Ok(())
    }

    /// The result.
    #[must_use]
    pub fn finish(self) -> Unpacked {
        self.unpacked
    }

    fn take_all(&mut self, archive: &mut Archive<Members>) -> Result<(), UnpackError> {
        let damaged = |error: std::io::Error| UnpackError::Damaged {
            reason: error.to_string(),
        };
        let mut count = 0;
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            count += 1;
            if count > MOST_ENTRIES {
                return Err(hostile(&entry, "exceeds the maximum number of entries"));
            }
            self.take(&mut entry)?;
        }
        Ok(())
    }

    fn take(&mut self, entry: &mut Entry<'_, Members>) -> Result<(), UnpackError> {
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        check_header(entry)?;
        let path = entry.path_bytes().into_owned();
        let all = names(&path)?;
        if all == ["python", "PYTHON.json"] {
            let prefix = || vec!["python".to_owned(), "install".to_owned()];
            if self.prefix.get_or_insert_with(prefix).len() == 2 {
                self.take_python_json(entry)?;
            }
            return Ok(());
        }
        let Some(names) = self.below_prefix(&all) else {
            return Ok(());
        };
        if names.is_empty() {
            return match kind {
                EntryType::Directory => Ok(()),
                _ => Err(hostile(
                    entry,
                    "is in the place of the installation directory",
                )),
            };
        }
        let names = names.as_slice();
        match kind {
            EntryType::Directory => {
                let mut above = self.make(names, Made::Directory)?;
                above.push(names.join("/"));
                self.make_directories(&above)
            }
            EntryType::Regular | EntryType::Continuous => {
                let above = self.make(names, Made::File)?;
                self.make_directories(&above)?;
                self.write_file(entry, &names.join("/"))
            }
            EntryType::Symlink => self.make_symlink(entry, names),
            EntryType::Link => self.make_hardlink(entry, names),
            _ => Err(hostile(entry, "has an unsupported type")),
        }
    }

    /// The components below the prefix, which is detected here if it was not given; `None` for
    /// entries outside it.
    fn below_prefix<'n>(&mut self, all: &[&'n str]) -> Option<Vec<&'n str>> {
        if self.prefix.is_none() {
            let landmark = all.iter().position(|name| LANDMARKS.contains(name))?;
            let prefix = all[..landmark].iter().map(|name| (*name).to_owned());
            self.prefix = Some(prefix.collect());
        }
        let prefix = self.prefix.as_ref()?;
        let is_below = all.len() >= prefix.len() && prefix.iter().zip(all).all(|(a, b)| a == b);
        is_below.then(|| all[prefix.len()..].to_vec())
    }

    /// Allows a path, spends its cost and that of its missing parent directories, and returns
    /// those.
    fn make(&mut self, names: &[&str], kind: Made) -> Result<Vec<String>, UnpackError> {
        let above = self.guard.make(names, kind)?;
        match kind {
            Made::Directory => self.budget.spend_paths(0, above.len() + 1)?,
            Made::File | Made::Link => self.budget.spend_paths(1, above.len())?,
        }
        Ok(above)
    }

    fn make_directories(&self, paths: &[String]) -> Result<(), UnpackError> {
        for path in paths {
            let full = self.destination.join(path);
            match std::fs::create_dir(&full) {
                Ok(()) => {}
                // The archive repeats a directory. On a case-insensitive file system something else
                // may have this name, above all a link.
                Err(error)
                    if error.kind() == std::io::ErrorKind::AlreadyExists
                        && full.symlink_metadata().is_ok_and(|made| made.is_dir()) => {}
                Err(error) => return Err(IoFailure::at("create", full)(error).into()),
            }
        }
        Ok(())
    }

    fn write_file(
        &mut self,
        entry: &mut Entry<'_, Members>,
        path: &str,
    ) -> Result<(), UnpackError> {
        let full = self.destination.join(path);
        let is_executable = entry.header().mode().unwrap_or(0o644) & 0o111 != 0;
        let mut file = create(&full, is_executable).map_err(IoFailure::at("create", &full))?;
        let mut hasher = Hasher::default();
        let mut written = 0;
        loop {
            let read = entry
                .read(&mut self.buffer)
                .map_err(|error| UnpackError::Damaged {
                    reason: error.to_string(),
                })?;
            if read == 0 {
                break;
            }
            let bytes = &self.buffer[..read];
            hasher.update(bytes);
            file.write_all(bytes)
                .map_err(IoFailure::at("write", &full))?;
            written += read as u64;
        }
        // The tar crate treats the end of the archive as the end of the last member.
        if written != entry.size() {
            let reason = format!("`{path}` has {written} of {} bytes", entry.size());
            return Err(UnpackError::Damaged { reason });
        }
        if let Ok(seconds) = entry.header().mtime()
            && let Some(time) = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
        {
            // A file system that does not store it only causes byte code to be recompiled.
            let _ = file.set_modified(time);
        }
        let inventory = &mut self.unpacked.inventory;
        inventory.bytes += written;
        inventory.files.insert(path.to_owned(), hasher.finish());
        Ok(())
    }

    fn make_symlink(
        &mut self,
        entry: &Entry<'_, Members>,
        names: &[&str],
    ) -> Result<(), UnpackError> {
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        self.guard.check_symlink(names, &target)?;
        let above = self.make(names, Made::Link)?;
        self.make_directories(&above)?;
        let path = names.join("/");
        let target = String::from_utf8_lossy(&target).into_owned();
        let full = self.destination.join(&path);
        symlink(&target, &full).map_err(IoFailure::at("create", &full))?;
        self.unpacked.inventory.links.insert(path, target);
        Ok(())
    }

    fn make_hardlink(
        &mut self,
        entry: &Entry<'_, Members>,
        at: &[&str],
    ) -> Result<(), UnpackError> {
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        let target = names(&target)?;
        let Some(target) = self.below_prefix(&target) else {
            return Err(hostile(
                entry,
                "is a hard link to a path outside the installation",
            ));
        };
        let target = target.as_slice();
        self.guard.check_hardlink(at, target)?;
        let above = self.make(at, Made::File)?;
        self.make_directories(&above)?;
        let (path, target) = (at.join("/"), target.join("/"));
        let full = self.destination.join(&path);
        std::fs::hard_link(self.destination.join(&target), &full)
            .map_err(IoFailure::at("create", &full))?;
        let inventory = &mut self.unpacked.inventory;
        if let Some(digest) = inventory.files.get(&target).copied() {
            inventory.files.insert(path, digest);
        }
        Ok(())
    }

    fn take_python_json(&mut self, entry: &mut Entry<'_, Members>) -> Result<(), UnpackError> {
        let mut text = Vec::new();
        // Upstream's is below 1 MB; anything longer is not read.
        let read = entry.take(16 << 20).read_to_end(&mut text);
        read.map_err(|error| UnpackError::Damaged {
            reason: error.to_string(),
        })?;
        self.unpacked.python_json = Some(text);
        Ok(())
    }
}
