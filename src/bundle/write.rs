//! Writes a bundle. The same contents yield the same bytes on every machine.

use crate::bundle::manifest::{BundleError, INDEX, MANIFEST, Manifest, Member, PROGRAM};
use crate::cancel::interrupted;
use crate::digest::{Digest, Hasher};
use crate::error::IoFailure;
use crate::lock::FILE;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Artifacts are compressed already, so this affects only the texts and the program.
const LEVEL: i32 = 3;

/// A member and its contents.
#[derive(Debug)]
pub struct Piece {
    member: Member,
    content: Content,
}

/// The source of a member's contents.
#[derive(Debug)]
enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, which is hashed again while it is read.
    File(PathBuf),
}

impl Piece {
    /// The lock file.
    #[must_use]
    pub fn lock(text: String) -> Self {
        Self::text(FILE, text)
    }

    /// The index slice.
    #[must_use]
    pub fn index(text: String) -> Self {
        Self::text(INDEX, text)
    }

    fn text(name: &str, text: String) -> Self {
        let bytes = text.into_bytes();
        Self {
            member: Member::text(name, &bytes),
            content: Content::Bytes(bytes),
        }
    }

    /// An artifact in a file.
    #[must_use]
    pub fn artifact(sha256: Digest, size: u64, name: &str, file: PathBuf) -> Self {
        Self {
            member: Member::artifact(sha256, size, name),
            content: Content::File(file),
        }
    }

    /// Its size.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.member.size
    }

    /// The program, for a platform.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub fn program(file: PathBuf, platform: &str) -> Result<Self, IoFailure> {
        let open = File::open(&file).map_err(IoFailure::at("read", &file))?;
        let (sha256, size) = Digest::of_reader(open).map_err(IoFailure::at("read", &file))?;
        Ok(Self {
            member: Member {
                name: PROGRAM.to_owned(),
                sha256,
                size,
                is: Some(platform.to_owned()),
            },
            content: Content::File(file),
        })
    }
}

/// Writes a bundle from pieces in the order of the format. `progress` is called with the number of
/// bytes and returns whether to continue.
///
/// # Errors
/// Returns an error if something cannot be read or written, or has changed.
pub fn write(
    out: &mut impl Write,
    path: &Path,
    pieces: Vec<Piece>,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<Manifest, BundleError> {
    let members = pieces.iter().map(|piece| piece.member.clone()).collect();
    let manifest = Manifest::of(members);
    let text = manifest.text().into_bytes();
    let failed = |error| IoFailure::at("write", path)(error);
    let mut encoder = zstd::stream::write::Encoder::new(out, LEVEL).map_err(failed)?;
    let first = Piece {
        member: Member::text(MANIFEST, &text),
        content: Content::Bytes(text),
    };
    for piece in std::iter::once(first).chain(pieces) {
        let header = header(&piece.member).map_err(failed)?;
        encoder.write_all(header.as_bytes()).map_err(failed)?;
        match piece.content {
            Content::Bytes(bytes) => encoder.write_all(&bytes).map_err(failed)?,
            Content::File(file) => {
                copy(&file, &piece.member, &mut encoder, path, &mut progress)?;
            }
        }
        let padding = piece.member.size.next_multiple_of(512) - piece.member.size;
        let padding = vec![0; usize::try_from(padding).unwrap_or(0)];
        encoder.write_all(&padding).map_err(failed)?;
    }
    encoder.write_all(&[0; 1024]).map_err(failed)?;
    encoder.finish().map_err(failed)?;
    Ok(manifest)
}

fn header(member: &Member) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_ustar();
    header.set_path(&member.name)?;
    header.set_size(member.size);
    header.set_mode(if member.name == PROGRAM { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// Copies a file, verifying that it has not changed.
fn copy(
    file: &Path,
    member: &Member,
    out: &mut impl Write,
    path: &Path,
    progress: &mut impl FnMut(u64) -> bool,
) -> Result<(), BundleError> {
    let reading = || IoFailure::at("read", file);
    let mut open = File::open(file).map_err(reading())?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        let read = open.read(&mut buffer).map_err(reading())?;
        size += read as u64;
        if read == 0 || size > member.size {
            break;
        }
        hasher.update(&buffer[..read]);
        out.write_all(&buffer[..read])
            .map_err(IoFailure::at("write", path))?;
        if !progress(read as u64) {
            return Err(BundleError::Other(interrupted()));
        }
    }
    if size != member.size || hasher.finish() != member.sha256 {
        let file = file.display();
        return Err(BundleError::Refused(format!(
            "{file} changed while being read"
        )));
    }
    Ok(())
}
