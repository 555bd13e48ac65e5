//! Reads the policy file.
//!
//! No file means no rules. Anything else at the path that is not a readable text file forbids
//! everything: a dangling link, a directory, a FIFO, an inaccessible parent directory.

use crate::error::{Failure, Kind, Result};
use crate::policy::{Policy, parse};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The path of the policy, on every machine.
pub const PATH: &str = "/etc/ftpy/policy.toml";

/// The maximum size of a policy.
const LARGEST: u64 = 1 << 20;

/// Why the policy is unknown, so that everything is forbidden.
#[derive(Debug, thiserror::Error)]
enum PolicyError {
    /// It is not a readable text file.
    #[error("cannot read the policy {}: {error}", .path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why it cannot be read.
        error: io::Error,
    },
    /// A line is invalid.
    #[error("{place}: {reason}")]
    Invalid {
        /// `/etc/ftpy/policy.toml:3`
        place: String,
        /// What is wrong.
        reason: String,
    },
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        Self::new(Kind::Forbidden, error.to_string()).hint(
            "ask the administrator of this machine to repair the file; until then ftpy installs \
             and fetches nothing",
        )
    }
}

/// The policy of this machine; no rules if there is no file.
///
/// # Errors
/// Returns an error if it exists but cannot be read or parsed; nothing is allowed then.
pub fn read() -> Result<Policy> {
    read_at(Path::new(PATH))
}

fn read_at(path: &Path) -> Result<Policy> {
    let text = text(path).map_err(|error| PolicyError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    let Some(text) = text else {
        return Ok(Policy::default());
    };
    let parsed = parse(&text).map_err(|(line, reason)| PolicyError::Invalid {
        place: format!("{}:{line}", path.display()),
        reason,
    });
    Ok(parsed?)
}

/// The text at a path; `None` if nothing is there.
fn text(path: &Path) -> io::Result<Option<String>> {
    if is_absent(path)? {
        return Ok(None);
    }
    let file = open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => io::Error::other("it is a dangling link"),
        _ => error,
    })?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it is longer than {LARGEST} bytes"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
    Ok(Some(text))
}

/// Whether nothing is at a path: neither a file of any kind, nor an inaccessible path.
fn is_absent(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(false),
        // `/etc/ftpy` may itself be a dangling link.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(path);
            match directory.symlink_metadata() {
                Ok(_) if directory.is_dir() => Ok(true),
                Ok(_) => Err(io::Error::other(format!(
                    "{} is not a directory",
                    directory.display()
                ))),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Opens without blocking: a FIFO would otherwise wait for a writer.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    #[test]
    fn a_policy_that_is_not_there_has_no_rules() {
        let home = tempfile::tempdir().expect("tempdir");
        let path = home.path().join("ftpy/policy.toml");
        assert_eq!(read_at(&path).expect("no rules"), Policy::default());
        std::fs::create_dir(home.path().join("ftpy")).expect("mkdir");
        assert_eq!(read_at(&path).expect("no rules"), Policy::default());
        std::fs::write(&path, "forbid = [\"3.13t\"]").expect("write");
        assert!(read_at(&path).expect("a rule").is_in_force());
    }

    #[test]
    fn whatever_else_is_there_forbids_everything() {
        type Make = fn(&Path);
        let cases: [(&str, Make); 8] = [
            ("dangling link", |path| {
                symlink("/nonexistent/policy", path).expect("link")
            }),
            ("not a regular file", |path| {
                std::fs::create_dir(path).expect("mkdir")
            }),
            ("not a regular file", |path| {
                symlink("/dev/null", path).expect("link")
            }),
            ("not a regular file", |path| {
                let made = Command::new("mkfifo").arg(path).status();
                assert!(made.expect("mkfifo").success());
            }),
            ("not UTF-8", |path| {
                std::fs::write(path, b"# \xff\n").expect("write")
            }),
            ("1048576 bytes", |path| {
                std::fs::write(path, "#".repeat((1 << 20) + 1)).expect("write");
            }),
            ("too many levels", |path| symlink(path, path).expect("link")),
            ("ftpy is not a directory", |path| {
                let directory = path.parent().expect("a parent");
                std::fs::remove_dir(directory).expect("rmdir");
                symlink("/nonexistent/ftpy", directory).expect("link");
            }),
        ];
        for (reason, make) in cases {
            let home = tempfile::tempdir().expect("tempdir");
            let path = home.path().join("ftpy/policy.toml");
            std::fs::create_dir(home.path().join("ftpy")).expect("mkdir");
            make(&path);
            let failure = read_at(&path).expect_err(reason);
            assert_eq!(failure.kind, Kind::Forbidden);
            let message = failure.message.to_lowercase();
            assert!(
                message.contains(&reason.to_lowercase()),
                "{reason}: {message}"
            );
        }
    }

    #[test]
    fn a_policy_that_cannot_be_reached_forbids_everything() {
        let home = tempfile::tempdir().expect("tempdir");
        let directory = home.path().join("ftpy");
        // A file in place of the directory.
        std::fs::write(&directory, "").expect("write");
        assert!(read_at(&directory.join("policy.toml")).is_err());
        std::fs::remove_file(&directory).expect("rm");
        std::fs::create_dir(&directory).expect("mkdir");
        let closed = std::fs::Permissions::from_mode(0o000);
        std::fs::set_permissions(&directory, closed).expect("chmod");
        let is_root = directory.read_dir().is_ok();
        // Root may read everything.
        assert_eq!(read_at(&directory.join("policy.toml")).is_ok(), is_root);
        let open = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&directory, open).expect("chmod");
    }
}
