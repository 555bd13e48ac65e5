//! Reads text files that a user wrote, and reports which file failed and who owns it.
//!
//! Named pipes and devices are never opened, because opening one may block forever.

use crate::system_error::text_of;
use std::fmt;
use std::fs::Metadata;
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A file or directory that exists but cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its path.
    pub path: PathBuf,
    /// Why, including the owner if that is the reason.
    pub reason: String,
    /// Whether permission was denied, as opposed to the file not being text.
    pub is_denied: bool,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        write!(f, "{} cannot be read: {}", printable(&path), self.reason)
    }
}

impl std::error::Error for Unreadable {}

impl Unreadable {
    /// From an error of the operating system.
    #[must_use]
    pub fn new(path: &Path, error: &Error) -> Self {
        let mut reason = text_of(error).to_lowercase();
        let is_denied = error.kind() == ErrorKind::PermissionDenied;
        if is_denied && let Some(owner) = owner(path) {
            reason = format!("{reason} ({owner})");
        }
        Self {
            path: path.to_owned(),
            reason,
            is_denied,
        }
    }

    /// For something that is not a text file.
    #[must_use]
    pub fn because(path: &Path, reason: &str) -> Self {
        Self {
            path: path.to_owned(),
            reason: reason.to_owned(),
            is_denied: false,
        }
    }
}

/// Reads a file of at most `longest` bytes; `None` if it does not exist.
///
/// # Errors
/// Returns an error if the path is not a text file, or this user may not read it.
pub fn read(path: &Path, longest: u64) -> Result<Option<String>, Unreadable> {
    // Checked before opening, because opening a named pipe waits for a writer. In the usual case
    // the file does not exist and this check is all it takes.
    for _ in 0..GONE_TOO_OFTEN {
        let link = match path.symlink_metadata() {
            Ok(link) => link,
            Err(error) if is_absent(path, &error) => return Ok(None),
            Err(error) => return Err(Unreadable::new(path, &error)),
        };
        match bytes_of(path, link, longest) {
            Err(Trouble::Gone) => {}
            Err(Trouble::Unreadable(error)) => return Err(error),
            Ok(bytes) => return text(path, bytes).map(Some),
        }
    }
    Err(Unreadable::because(
        path,
        "it is being created and removed repeatedly",
    ))
}

/// How often to retry when another process removes or replaces the file before it is opened.
const GONE_TOO_OFTEN: usize = 16;

/// Why a file that existed could not be read.
enum Trouble {
    /// It was removed or replaced after the check.
    Gone,
    Unreadable(Unreadable),
}

/// Like [`read`], for a path that was checked already: `link` is the result of `lstat`.
///
/// # Errors
/// Like [`read`], and if the path is a dangling link or has disappeared.
pub fn read_known(path: &Path, link: Metadata, longest: u64) -> Result<String, Unreadable> {
    match bytes_of(path, link, longest) {
        Ok(bytes) => text(path, bytes),
        Err(Trouble::Gone) => Err(Unreadable::new(path, &ErrorKind::NotFound.into())),
        Err(Trouble::Unreadable(error)) => Err(error),
    }
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Unreadable> {
    String::from_utf8(bytes).map_err(|_| Unreadable::because(path, "it is not UTF-8"))
}

fn bytes_of(path: &Path, link: Metadata, longest: u64) -> Result<Vec<u8>, Trouble> {
    let because = |reason: &str| Trouble::Unreadable(Unreadable::because(path, reason));
    let failed = |error: Error| Trouble::Unreadable(Unreadable::new(path, &error));
    let metadata = match link.is_symlink() {
        false => link,
        true => path.metadata().map_err(|error| match error.kind() {
            ErrorKind::NotFound => because("it is a dangling link"),
            _ => failed(error),
        })?,
    };
    if !metadata.is_file() {
        return Err(because("it is not a regular file"));
    }
    if metadata.len() > longest {
        return Err(because(&format!("it is longer than {longest} bytes")));
    }
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Trouble::Gone,
        _ => failed(error),
    })?;
    // One more than its length, so that the second read is the one that finds the end.
    let length = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length + 1);
    file.take(longest).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Whether an error means that the file does not exist, rather than being a dangling link.
#[must_use]
pub fn is_absent(path: &Path, error: &Error) -> bool {
    let says_so =
        |error: &Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    // If something other than a link exists by now, it appeared after the first check.
    let was_absent = |link: Result<Metadata, Error>| match link {
        Ok(link) => error.kind() == ErrorKind::NotFound && !link.is_symlink(),
        Err(error) => says_so(&error),
    };
    says_so(error) && was_absent(path.symlink_metadata())
}

/// Checks that a file can be opened, if it exists.
///
/// # Errors
/// Returns an error if the path is not a regular file, or this user may not read it.
pub fn check(path: &Path) -> Result<(), Unreadable> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if is_absent(path, &error) => return Ok(()),
        Err(error) => return Err(Unreadable::new(path, &error)),
    };
    if !metadata.is_file() {
        return Err(Unreadable::because(path, "it is not a regular file"));
    }
    match std::fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(Unreadable::new(path, &error)),
    }
}

/// Returns `/s belongs to root, mode 0700`, naming the nearest ancestor that can be inspected,
/// which is the one that denies access.
#[cfg(unix)]
fn owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let mut above = path.ancestors();
    let (path, metadata) = above.find_map(|path| Some((path, path.metadata().ok()?)))?;
    let (user, mode) = (user(metadata.uid()), metadata.mode() & 0o7777);
    let path = path.display().to_string();
    Some(format!(
        "{} belongs to {user}, mode {mode:04o}",
        printable(&path)
    ))
}

#[cfg(not(unix))]
fn owner(_path: &Path) -> Option<String> {
    None
}

/// The name of a user, if `/etc/passwd` lists it.
#[cfg(unix)]
fn user(id: u32) -> String {
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("user {id}"))
}

/// Escapes control characters: the text may come from anywhere.
#[must_use]
pub fn printable(text: &str) -> String {
    let show = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(show).collect()
}

/// A path with control characters escaped.
#[must_use]
pub fn printable_path(path: &Path) -> String {
    printable(&path.display().to_string())
}
