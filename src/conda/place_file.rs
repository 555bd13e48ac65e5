//! Puts one file of an unpacked package into a prefix: shared with the other prefixes if the file
//! system can do that, and changed if it contains the prefix.

use crate::conda::prefix_bytes::Replacement;
use crate::digest::Digest;
use crate::mach_o;
use rattler_conda_types::Subdir;
use rattler_conda_types::package::{FileMode, PathType, PathsEntry, PrefixPlaceholder};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// The maximum length of a `#!` line.
const LONGEST_SHEBANG: usize = 127;
const LONGEST_SHEBANG_OF_MACOS: usize = 512;
/// The resolution of times on the simplest file systems.
const SECOND: Duration = Duration::from_secs(1);

/// What the files of all packages have in common.
#[derive(Debug)]
pub(super) struct Placing<'a> {
    /// The final path of the prefix.
    pub(super) prefix: &'a str,
    /// Its platform.
    pub(super) subdir: Subdir,
    /// Whether the file system has not refused a copy-on-write clone.
    pub(super) can_clone: AtomicBool,
}

/// A file in a prefix.
#[derive(Debug)]
pub(super) struct InPlace {
    /// The digest; `None` for a link or directory.
    pub(super) sha256: Option<Digest>,
    /// The size.
    pub(super) size: u64,
    /// How its contents were changed.
    pub(super) changed: Option<FileMode>,
}

impl Placing<'_> {
    /// Creates `target` as the copy of a file of the package in `directory`. Nothing is replaced.
    ///
    /// # Errors
    /// Returns the errors of the system, or [`ErrorKind::InvalidData`] if the file is not suitable
    /// for the prefix.
    pub(super) fn place(
        &self,
        entry: &PathsEntry,
        directory: &Path,
        target: &Path,
    ) -> io::Result<InPlace> {
        let source = directory.join(&entry.relative_path);
        match (&entry.path_type, &entry.prefix_placeholder) {
            (PathType::Directory, _) => std::fs::create_dir_all(target)?,
            (PathType::SoftLink, _) => symlink(&std::fs::read_link(&source)?, target)?,
            (PathType::HardLink, Some(placeholder)) => {
                let time = modification_time(directory);
                return self.place_changed(placeholder, &source, target, time);
            }
            (PathType::HardLink, None) => {
                let is_own = entry.no_link || !self.share(&source, target)?;
                if is_own {
                    let mut from = File::open(&source)?;
                    let mut to = File::create_new(target)?;
                    io::copy(&mut from, &mut to)?;
                    take_over(&from.metadata()?, &to)?;
                }
                let listed = entry.sha256.map(<[u8; 32]>::from);
                let sha256 = match listed {
                    Some(sha256) => Digest::from(sha256),
                    None => Digest::of_reader(File::open(&source)?)?.0,
                };
                return Ok(InPlace {
                    sha256: Some(sha256),
                    size: source.metadata()?.len(),
                    changed: None,
                });
            }
        }
        Ok(InPlace {
            sha256: None,
            size: target.symlink_metadata()?.len(),
            changed: None,
        })
    }

    fn place_changed(
        &self,
        found: &PrefixPlaceholder,
        source: &Path,
        target: &Path,
        time: SystemTime,
    ) -> io::Result<InPlace> {
        let contents = std::fs::read(source)?;
        let replacement = Replacement {
            placeholder: &found.placeholder,
            prefix: self.prefix,
            longest_shebang: match self.subdir.is_osx() {
                true => LONGEST_SHEBANG_OF_MACOS,
                false => LONGEST_SHEBANG,
            },
        };
        let mut made = replacement
            .apply(found.file_mode, &contents)
            .map_err(|reason| io::Error::new(ErrorKind::InvalidData, reason))?;
        let is_changed = found.file_mode == FileMode::Binary && made != contents;
        if is_changed && self.subdir.is_osx() && mach_o::is_mach_o(&made) {
            // On Apple silicon a file with an invalid signature is killed when it is used.
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            match mach_o::sign(&mut made, &name) {
                Err(reason) if self.subdir == Subdir::OsxArm64 => {
                    return Err(io::Error::new(ErrorKind::InvalidData, reason));
                }
                // Intel's machines do not look.
                Ok(()) | Err(_) => {}
            }
        }
        let mut file = File::create_new(target)?;
        file.write_all(&made)?;
        file.set_permissions(source.metadata()?.permissions())?;
        file.set_modified(time)?;
        Ok(InPlace {
            sha256: Some(Digest::of(&made)),
            size: made.len() as u64,
            changed: Some(found.file_mode),
        })
    }

    /// Shares the bytes of a file. Returns `false` if the file system cannot do that.
    fn share(&self, source: &Path, target: &Path) -> io::Result<bool> {
        if self.can_clone.load(Ordering::Relaxed) {
            match clone(source, target) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
                Err(_) => self.can_clone.store(false, Ordering::Relaxed),
            }
        }
        match std::fs::hard_link(source, target) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            Err(_) => Ok(false),
        }
    }
}

/// The time of changed files: later than that of every file in the package, so that Python does not
/// use the compiled form of the unchanged one, and the same for each prefix.
fn modification_time(directory: &Path) -> SystemTime {
    let about = directory.join("info/about.json").symlink_metadata();
    let time = about.and_then(|about| about.modified());
    time.map_or_else(|_| SystemTime::now(), |time| time + SECOND)
}

/// Gives a copy the permissions and the time of the original.
fn take_over(original: &Metadata, copy: &File) -> io::Result<()> {
    copy.set_permissions(original.permissions())?;
    copy.set_modified(original.modified()?)
}

/// Creates a copy whose bytes take no space until one of the two changes.
#[cfg(target_os = "linux")]
fn clone(source: &Path, target: &Path) -> io::Result<()> {
    let from = File::open(source)?;
    let to = File::create_new(target)?;
    let cloned = rustix::fs::ioctl_ficlone(&to, &from).map_err(io::Error::from);
    let cloned = cloned.and_then(|()| take_over(&from.metadata()?, &to));
    cloned.inspect_err(|_| {
        let _ = std::fs::remove_file(target);
    })
}

#[cfg(target_os = "macos")]
fn clone(source: &Path, target: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, CloneFlags, fclonefileat};
    let from = File::open(source)?;
    Ok(fclonefileat(&from, CWD, target, CloneFlags::empty())?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn clone(_source: &Path, _target: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn symlink(to: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, path)
}

#[cfg(not(unix))]
fn symlink(_to: &Path, _path: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    const DAY: Duration = Duration::from_secs(86_400);

    struct Setup {
        home: tempfile::TempDir,
        time: SystemTime,
    }

    impl Setup {
        fn new() -> Self {
            let home = tempfile::tempdir().expect("tempdir");
            let time = SystemTime::UNIX_EPOCH + 1000 * DAY;
            std::fs::create_dir_all(home.path().join("package/info")).expect("mkdir");
            let this = Self { home, time };
            this.file("info/about.json", "{}", 0o644);
            this
        }

        fn file(&self, path: &str, text: &str, mode: u32) {
            let path = self.home.path().join("package").join(path);
            std::fs::write(&path, text).expect("write");
            let file = File::options().append(true).open(&path).expect("open");
            file.set_modified(self.time).expect("time");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode");
        }

        fn place(&self, can_clone: bool, entry: Value) -> io::Result<InPlace> {
            let mut entry = entry;
            entry["_path"] = json!("file");
            let placing = Placing {
                prefix: "/the/prefix",
                subdir: Subdir::Linux64,
                can_clone: can_clone.into(),
            };
            let entry = serde_json::from_value(entry).expect("an entry");
            let directory = self.home.path().join("package");
            placing.place(&entry, &directory, &self.home.path().join("made"))
        }

        fn made(&self) -> (String, Metadata) {
            let path = self.home.path().join("made");
            let text = std::fs::read_to_string(&path).expect("read");
            (text, path.symlink_metadata().expect("metadata"))
        }
    }

    #[test]
    fn a_file_without_the_prefix_is_shared_or_copied_as_it_is() {
        for (can_clone, no_link) in [(true, false), (false, false), (false, true)] {
            let setup = Setup::new();
            setup.file("file", "text", 0o755);
            let entry = json!({"path_type": "hardlink", "no_link": no_link});
            let placed = setup.place(can_clone, entry.clone()).expect("placed");
            assert_eq!(placed.sha256, Some(Digest::of(b"text")));
            assert!(placed.size == 4 && placed.changed.is_none());
            let (text, metadata) = setup.made();
            assert_eq!((text.as_str(), metadata.mode() & 0o777), ("text", 0o755));
            assert_eq!(metadata.modified().expect("time"), setup.time);
            if !can_clone {
                assert_eq!(metadata.nlink(), if no_link { 1 } else { 2 });
            }
            // What is there is never replaced.
            let again = setup.place(can_clone, entry).expect_err("there");
            assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        }
    }

    #[test]
    fn a_file_with_the_prefix_is_changed_and_newer_than_its_package() {
        for (mode, text, expected) in [
            ("text", "a=/old/place\n", "a=/the/prefix\n"),
            ("binary", "/old/place/to/fill\0x", "/the/prefix/to/fill\0x"),
        ] {
            let setup = Setup::new();
            let placeholder = match mode {
                "text" => "/old/place",
                _ => "/old/place/to",
            };
            setup.file("file", text, 0o600);
            let entry = json!({
                "path_type": "hardlink", "sha256": "0".repeat(64),
                "file_mode": mode, "prefix_placeholder": placeholder,
            });
            let placed = setup.place(true, entry).expect("placed");
            let expected = match mode {
                "text" => expected,
                _ => "/the/prefix/fill\0\0\0x",
            };
            let (text, metadata) = setup.made();
            assert_eq!(text, expected);
            assert_eq!(placed.sha256, Some(Digest::of(expected.as_bytes())));
            assert_eq!(placed.size, expected.len() as u64);
            assert_eq!(metadata.mode() & 0o777, 0o600);
            assert_eq!(metadata.modified().expect("time"), setup.time + SECOND);
        }
    }

    #[test]
    fn a_prefix_that_does_not_fit_into_a_binary_file_is_refused() {
        let setup = Setup::new();
        setup.file("file", "/old\0", 0o600);
        let entry = json!({
            "path_type": "hardlink", "file_mode": "binary", "prefix_placeholder": "/old",
        });
        let error = setup.place(true, entry).expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(!setup.home.path().join("made").exists());
    }

    #[test]
    fn links_and_directories_are_made_anew() {
        let setup = Setup::new();
        symlink(Path::new("../to"), &setup.home.path().join("package/file")).expect("link");
        let entry = json!({"path_type": "softlink"});
        assert!(setup.place(true, entry).expect("placed").sha256.is_none());
        let made = setup.home.path().join("made");
        assert_eq!(
            std::fs::read_link(&made).expect("a link"),
            Path::new("../to")
        );
        std::fs::remove_file(&made).expect("remove");
        setup
            .place(true, json!({"path_type": "directory"}))
            .expect("placed");
        assert!(made.is_dir());
    }
}
