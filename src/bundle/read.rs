//! Reads a bundle in one pass.

use crate::bundle::manifest::{BundleError, LARGEST_TEXT, MANIFEST, Manifest, Member};
use crate::digest::{Digest, Hasher};
use crate::error::{Failure, IoFailure};
use crate::lock::{FILE, Lock, LockedBuild, Mirrors, archives};
use crate::unpack::{UnpackError, each_file};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The contents of a bundle.
#[derive(Debug)]
pub struct Contents {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its lock file.
    pub lock: Lock,
}

/// Reads a bundle. Once its lock file is known, `choose` selects the artifacts to write into
/// `directory`, under their digests.
///
/// On return every member has been verified against the manifest. Until then nothing in
/// `directory` may be used; after an error the caller removes it.
///
/// # Errors
/// Returns an error if the bundle is incomplete or invalid, and the errors of `choose`.
pub fn read(
    packed: impl Read + Send + 'static,
    directory: &Path,
    choose: impl FnOnce(&Lock) -> Result<BTreeSet<Digest>, Failure>,
) -> Result<Contents, BundleError> {
    let mut reader = Reader {
        directory,
        choose: Some(choose),
        wanted: BTreeSet::new(),
        manifest: None,
        lock: None,
        seen: 0,
    };
    each_file(packed, |name, size, bytes| reader.take(name, size, bytes))?;
    let (Some(manifest), Some(lock)) = (reader.manifest, reader.lock) else {
        return Err(refused(format!("{MANIFEST} or {FILE} is missing")));
    };
    match manifest.members.get(reader.seen) {
        Some(missing) => Err(refused(format!("`{}` is missing", missing.name))),
        None => Ok(Contents { manifest, lock }),
    }
}

fn refused(reason: String) -> BundleError {
    BundleError::Refused(reason)
}

struct Reader<'a, C> {
    directory: &'a Path,
    choose: Option<C>,
    wanted: BTreeSet<Digest>,
    manifest: Option<Manifest>,
    lock: Option<Lock>,
    /// The number of members read so far.
    seen: usize,
}

impl<C: FnOnce(&Lock) -> Result<BTreeSet<Digest>, Failure>> Reader<'_, C> {
    fn take(&mut self, name: &str, size: u64, bytes: &mut dyn Read) -> Result<(), BundleError> {
        let Some(manifest) = &self.manifest else {
            if name != MANIFEST || size > LARGEST_TEXT {
                return Err(refused(format!("the first file is not {MANIFEST}")));
            }
            self.manifest = Some(Manifest::parse(&text(bytes)?)?);
            return Ok(());
        };
        let shown = name.escape_debug();
        let member = manifest.members.get(self.seen);
        let member = member
            .filter(|member| member.name == name)
            .ok_or_else(|| refused(format!("`{shown}` does not match the manifest")))?;
        if member.size != size {
            let reason = format!("`{shown}` has {size} bytes, not {}", member.size);
            return Err(refused(reason));
        }
        let member = member.clone();
        self.seen += 1;
        if name == FILE {
            let bytes = text(bytes)?;
            check(&member, Digest::of(&bytes))?;
            return self.take_lock(bytes);
        }
        let mut kept = match self.wanted.contains(&member.sha256) && member.is_artifact() {
            true => {
                let path = self.directory.join(member.sha256.to_string());
                let file = File::create_new(&path).map_err(IoFailure::at("create", &path))?;
                Some((file, path))
            }
            false => None,
        };
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = bytes.read(&mut buffer).map_err(damaged)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            if let Some((file, path)) = &mut kept {
                file.write_all(&buffer[..read])
                    .map_err(IoFailure::at("write", path.as_path()))?;
            }
        }
        check(&member, hasher.finish())
    }

    /// The lock file, which must name exactly the artifacts of the manifest.
    fn take_lock(&mut self, bytes: Vec<u8>) -> Result<(), BundleError> {
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| refused(format!("{FILE} is not UTF-8")))?;
        let lock: Lock = text.parse()?;
        let named = digests(&lock);
        let manifest = self.manifest.iter();
        let held: BTreeSet<Digest> = manifest
            .flat_map(Manifest::artifacts)
            .map(|member| member.sha256)
            .collect();
        if let Some(missing) = named.difference(&held).next() {
            return Err(refused(format!(
                "the lock file names {missing}, which is missing"
            )));
        }
        if let Some(other) = held.difference(&named).next() {
            return Err(refused(format!("the lock file does not name {other}")));
        }
        if let Some(choose) = self.choose.take() {
            self.wanted = choose(&lock).map_err(BundleError::Other)?;
        }
        self.lock = Some(lock);
        Ok(())
    }
}

/// The digests of all files named by a lock file.
fn digests(lock: &Lock) -> BTreeSet<Digest> {
    let builds = lock.entries.iter().filter_map(|entry| match &entry.found {
        LockedBuild::Build(candidate) => Some(candidate),
        LockedBuild::Nothing(_) => None,
    });
    let files = builds.flat_map(|one| archives(one, &Mirrors::default()));
    files.filter_map(|file| file.sha256).collect()
}

fn check(member: &Member, found: Digest) -> Result<(), BundleError> {
    match found == member.sha256 {
        true => Ok(()),
        false => {
            let (name, sha256) = (&member.name, member.sha256);
            Err(refused(format!(
                "digest mismatch for `{name}`: expected sha256 {sha256}, got {found}"
            )))
        }
    }
}

fn text(bytes: &mut dyn Read) -> Result<Vec<u8>, BundleError> {
    let mut text = Vec::new();
    let read = bytes.take(LARGEST_TEXT).read_to_end(&mut text);
    read.map_err(damaged)?;
    Ok(text)
}

fn damaged(error: std::io::Error) -> BundleError {
    UnpackError::Damaged {
        reason: error.to_string(),
    }
    .into()
}
