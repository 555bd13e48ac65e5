//! Copies packages, with their scripts and data, from an installation into its replacement. Files
//! of the interpreter are never copied.

use crate::error::{IoFailure, Result};
use crate::host::fs::symlink;
use std::path::Path;

/// Copies additions from `old` to `new`; returns the number of packages.
///
/// Of `lib/python3.14t` only `site-packages` is copied: anything else added there is byte code or a
/// mistake. pip belongs to the installation, in whatever version.
///
/// # Errors
/// Returns an error if a file cannot be copied. Nothing is replaced then.
pub(super) fn keep_additions(old: &Path, new: &Path) -> Result<usize> {
    let mut packages = 0;
    keep(old, new, Place::Prefix, &mut packages)?;
    Ok(packages)
}

/// The place of a directory in an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Prefix,
    /// `lib`
    Libraries,
    /// `lib/python3.14t`
    Library,
    /// `lib/python3.14t/site-packages`, `bin`
    Packages,
    /// Directories below those, and others such as `share`.
    Other,
}

fn keep(old: &Path, new: &Path, place: Place, packages: &mut usize) -> Result<()> {
    let entries = std::fs::read_dir(old).map_err(IoFailure::at("read", old))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let below = match (place, &*text) {
            (Place::Prefix, ".ftpy") => continue,
            (Place::Prefix, "lib") => Place::Libraries,
            (Place::Prefix, "bin") => Place::Packages,
            (Place::Libraries, name) if name.starts_with("python3") => Place::Library,
            (Place::Library, "site-packages") => Place::Packages,
            (Place::Library, _) => continue,
            (Place::Packages, name) if name.starts_with("pip") => continue,
            _ => Place::Other,
        };
        let (from, to) = (entry.path(), new.join(&name));
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if to.symlink_metadata().is_ok() {
            if is_directory && to.is_dir() {
                keep(&from, &to, below, packages)?;
            }
            continue;
        }
        if place == Place::Packages && text.ends_with(".dist-info") {
            *packages += 1;
        }
        copy(&from, &to)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let metadata = from
        .symlink_metadata()
        .map_err(IoFailure::at("read", from))?;
    if metadata.is_symlink() {
        let target = std::fs::read_link(from).map_err(IoFailure::at("read", from))?;
        return Ok(symlink(&target, to).map_err(IoFailure::at("create", to))?);
    }
    if metadata.is_file() {
        // The old installation is removed, so a hard link is as good as a copy.
        let made = std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(|_| ()));
        return Ok(made.map_err(IoFailure::at("copy", from))?);
    }
    if metadata.is_dir() {
        std::fs::create_dir(to).map_err(IoFailure::at("create", to))?;
        let entries = std::fs::read_dir(from).map_err(IoFailure::at("read", from))?;
        for entry in entries.flatten() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn packages_scripts_and_data_are_kept_and_the_interpreter_is_not() {
        let home = tempfile::tempdir().expect("tempdir");
        let (old, new) = (home.path().join("old"), home.path().join("new"));
        let put = |root: &Path, path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
            std::fs::write(path, text).expect("write");
        };
        let site = "lib/python3.14t/site-packages";
        for (path, text) in [
            ("bin/python3.14t", "old"),
            ("bin/tool", "tool"),
            ("bin/pip3.14", "old pip"),
            ("lib/python3.14t/os.py", "changed"),
            ("lib/python3.14t/evil.py", "added"),
            ("lib/python3.14t/__pycache__/os.pyc", "stale"),
            ("share/jupyter/kernel.json", "{}"),
            (".ftpy/receipt.json", "old"),
        ] {
            put(&old, path, text);
        }
        put(&old, &format!("{site}/x/__init__.py"), "x");
        put(&old, &format!("{site}/x-1.dist-info/RECORD"), "x");
        put(&old, &format!("{site}/pip/__init__.py"), "newer pip");
        put(&old, &format!("{site}/pip-99.dist-info/RECORD"), "pip");
        put(&new, "bin/python3.14t", "new");
        put(&new, "lib/python3.14t/os.py", "new");
        put(&new, &format!("{site}/pip/__init__.py"), "pip");
        std::os::unix::fs::symlink("tool", old.join("bin/tool3")).expect("link");
        assert_eq!(keep_additions(&old, &new).expect("keep"), 1);
        let read = |path: &str| std::fs::read_to_string(new.join(path)).ok();
        assert_eq!(read("bin/tool").as_deref(), Some("tool"));
        assert_eq!(read("bin/tool3").as_deref(), Some("tool"));
        assert_eq!(read("share/jupyter/kernel.json").as_deref(), Some("{}"));
        assert_eq!(read(&format!("{site}/x/__init__.py")).as_deref(), Some("x"));
        assert_eq!(read("bin/python3.14t").as_deref(), Some("new"));
        assert_eq!(read("lib/python3.14t/os.py").as_deref(), Some("new"));
        assert_eq!(
            read(&format!("{site}/pip/__init__.py")).as_deref(),
            Some("pip")
        );
        for gone in [
            "lib/python3.14t/evil.py",
            "bin/pip3.14",
            ".ftpy/receipt.json",
        ] {
            assert_eq!(read(gone), None, "{gone}");
        }
        assert_eq!(read(&format!("{site}/pip-99.dist-info/RECORD")), None);
    }
}
