//! `files.modes`: the permissions of files and directories when they were installed. One per line:
//! octal digits, two spaces, the path. Directories end with a slash; the prefix itself is `./`.
//! Installations made by an older ftpy do not have this file.

use crate::error::IoFailure;
use crate::store::difference::Difference;
use std::collections::BTreeMap;
use std::path::Path;

/// Permissions by path. Empty if they are unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes(BTreeMap<String, u32>);

impl Modes {
    /// Reads the permissions of these files and of all directories above them.
    ///
    /// # Errors
    /// Returns an error if one of them is inaccessible.
    pub fn of<'a>(root: &Path, files: impl Iterator<Item = &'a String>) -> Result<Self, IoFailure> {
        let mut modes = BTreeMap::new();
        let mut note = |path: String| {
            if modes.contains_key(&path) {
                return Ok(());
            }
            let full = root.join(&path);
            let found = mode(&full).map_err(IoFailure::at("read", full))?;
            if let Some(found) = found {
                modes.insert(path, found);
            }
            Ok(())
        };
        note("./".to_owned())?;
        for path in files {
            for (end, _) in path.match_indices('/') {
                note(path[..=end].to_owned())?;
            }
            note(path.clone())?;
        }
        Ok(Self(modes))
    }

    /// Whether the permissions are unknown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of `files.modes`.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.0.iter();
        lines
            .map(|(path, mode)| format!("{mode:04o}  {path}\n"))
            .collect()
    }

    /// Parses `files.modes`; `None` if it is damaged.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let entry = |line: &str| {
            let (mode, path) = line.split_once("  ")?;
            Some((path.to_owned(), u32::from_str_radix(mode, 8).ok()?))
        };
        text.lines().map(entry).collect::<Option<_>>().map(Self)
    }

    /// Harmful changes of permissions: files that became set-uid, set-gid, world-writable or
    /// non-executable. Missing files are not reported here.
    pub fn differences(&self, root: &Path) -> Vec<Difference> {
        let mut found = Vec::new();
        for (path, was) in &self.0 {
            let Ok(Some(is)) = mode(&root.join(path)) else {
                continue;
            };
            let gained = is & !was;
            let is_directory = path.ends_with('/');
            // No installation contains such a file, whatever was recorded.
            if is & 0o6000 != 0 && !is_directory {
                found.push(Difference::SetId(path.clone()));
            }
            // In a sticky directory only the creator of a file may replace it.
            if gained & 0o002 != 0 && !(is_directory && is & 0o1000 != 0) {
                found.push(Difference::WorldWritable(path.clone()));
            }
            if was & !is & 0o100 != 0 {
                found.push(Difference::NotExecutable(path.clone()));
            }
        }
        found
    }
}

/// The permissions of a file or directory; `None` for a symbolic link or if unsupported.
#[cfg(unix)]
fn mode(path: &Path) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = path.symlink_metadata()?;
    let mode = metadata.permissions().mode() & 0o7777;
    Ok((!metadata.is_symlink()).then_some(mode))
}

#[cfg(not(unix))]
fn mode(_: &Path) -> std::io::Result<Option<u32>> {
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_changes_that_harm_are_told() {
        let home = tempfile::tempdir().expect("tempdir");
        let root = home.path();
        let set = |path: &str, mode: u32| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(root.join(path), mode).expect("chmod");
        };
        std::fs::create_dir_all(root.join("lib/x")).expect("mkdir");
        let files = ["a", "b", "c", "lib/x/d"].map(str::to_owned);
        for path in &files {
            std::fs::write(root.join(path), "").expect("write");
            set(path, 0o755);
        }
        set("lib/x", 0o755);
        let modes = Modes::of(root, files.iter()).expect("modes");
        let modes = Modes::parse(&modes.text()).expect("its own text");
        assert_eq!(modes.differences(root), []);
        // Changes an administrator makes on purpose to allow or deny others access.
        set("a", 0o700);
        set("b", 0o775);
        assert_eq!(modes.differences(root), []);
        set("a", 0o4755);
        set("b", 0o757);
        set("c", 0o644);
        set("lib/x", 0o777);
        assert_eq!(
            modes.differences(root),
            [
                Difference::SetId("a".to_owned()),
                Difference::WorldWritable("b".to_owned()),
                Difference::NotExecutable("c".to_owned()),
                Difference::WorldWritable("lib/x/".to_owned()),
            ]
        );
        set("lib/x", 0o1777);
        assert_eq!(modes.differences(root).len(), 3);
        assert_eq!(Modes::parse("x"), None);
        assert_eq!(Modes::parse(""), Some(Modes::default()));
    }
}
