//! Validates the paths in an archive. Tracks every created path, but touches no files.
//!
//! The rules, each of which some published tool once lacked:
//! - a path consists of plain names: no `..`, not absolute, UTF-8, no control characters, and with
//!   limited length and depth, checked before any part is stored;
//! - nothing is placed below a link or a file, whatever created it;
//! - a path is created once (directories may be repeated);
//! - a symbolic link is relative, has `..` only at the beginning, and stays inside. As its own
//!   directory is real, its text determines the target, even through other links;
//! - a hard link refers to a regular file created from this archive, and not through a link.

use crate::unpack::UnpackError;
use std::collections::HashMap;

/// The maximum length of a path in bytes. The longest one in upstream's archives has 115.
const LONGEST_PATH: usize = 1024;
/// The maximum length of a file name on common file systems.
const LONGEST_NAME: usize = 255;
/// The maximum number of names in a path or link target. Upstream's archives have 12.
const DEEPEST: usize = 64;
/// How many characters of a path are shown.
const SHOWN: usize = 160;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Directory,
    File,
    Link,
}

/// The paths created so far, relative to the destination, joined with `/`.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    made: HashMap<String, Made>,
}

/// The components of a path in an archive.
///
/// # Errors
/// Returns an error if it is not a plain relative path.
pub(crate) fn names(path: &[u8]) -> Result<Vec<&str>, UnpackError> {
    let hostile = |reason: &str| UnpackError::Hostile {
        entry: shown(path),
        reason: reason.to_owned(),
    };
    if path.len() > LONGEST_PATH {
        return Err(hostile("has a path that is too long"));
    }
    let text = std::str::from_utf8(path).map_err(|_| hostile("has a name that is not UTF-8"))?;
    if text.starts_with('/') {
        return Err(hostile("is an absolute path"));
    }
    if text.chars().any(char::is_control) {
        return Err(hostile("has a control character in its name"));
    }
    if text.split('/').count() > DEEPEST {
        return Err(hostile("has a path that is too deep"));
    }
    let mut names = Vec::new();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => return Err(hostile("contains `..`")),
            name if name.len() > LONGEST_NAME => {
                return Err(hostile("has a name that is too long"));
            }
            name => names.push(name),
        }
    }
    Ok(names)
}

/// A path for display: shortened, with control characters escaped.
pub(super) fn shown(path: &[u8]) -> String {
    let start = path.get(..4 * SHOWN).unwrap_or(path);
    let text = String::from_utf8_lossy(start).escape_debug().to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

impl Guard {
    /// Allows a file at `path`. Returns its missing parent directories, outermost first.
    pub(crate) fn make(&mut self, names: &[&str], kind: Made) -> Result<Vec<String>, UnpackError> {
        let path = names.join("/");
        let hostile = |reason: String| UnpackError::Hostile {
            entry: shown(path.as_bytes()),
            reason,
        };
        let mut above = Vec::new();
        let mut end = 0;
        for name in names.iter().take(names.len().saturating_sub(1)) {
            end += name.len();
            let parent = path[..end].to_owned();
            end += 1;
            match self.made.get(&parent) {
                Some(Made::Directory) => {}
                Some(Made::File | Made::Link) => {
                    return Err(hostile(format!(
                        "is below `{parent}`, which is not a directory"
                    )));
                }
                None => above.push(parent),
            }
        }
        match (self.made.get(&path), kind) {
            (None, _) | (Some(Made::Directory), Made::Directory) => {}
            (Some(_), _) => return Err(hostile("appears more than once".to_owned())),
        }
        for parent in &above {
            self.made.insert(parent.clone(), Made::Directory);
        }
        self.made.insert(path, kind);
        Ok(above)
    }

    /// Allows a symbolic link at `names` to `target`.
    pub(crate) fn check_symlink(&self, names: &[&str], target: &[u8]) -> Result<(), UnpackError> {
        let hostile = |reason: &str| UnpackError::Hostile {
            entry: shown(names.join("/").as_bytes()),
            reason: format!("{reason}: `{}`", shown(target)),
        };
        if target.len() > LONGEST_PATH {
            return Err(hostile("links to a path that is too long"));
        }
        let text = std::str::from_utf8(target)
            .map_err(|_| hostile("links to a name that is not UTF-8"))?;
        if text.is_empty() || text.starts_with('/') {
            return Err(hostile("links to an absolute path"));
        }
        if text.chars().any(char::is_control) {
            return Err(hostile("links to a name with a control character"));
        }
        if text.split('/').count() > DEEPEST {
            return Err(hostile("links to a path that is too deep"));
        }
        let mut depth = names.len() - 1;
        let mut is_climbing = true;
        for name in text.split('/') {
            match name {
                "" | "." => {}
                ".." if is_climbing && depth > 0 => depth -= 1,
                ".." => return Err(hostile("links to a path outside the installation")),
                _ => is_climbing = false,
            }
        }
        Ok(())
    }

    /// Allows a hard link to the file at `target`.
    pub(super) fn check_hardlink(
        &self,
        names: &[&str],
        target: &[&str],
    ) -> Result<(), UnpackError> {
        if self.made.get(&target.join("/")) == Some(&Made::File) {
            return Ok(());
        }
        Err(UnpackError::Hostile {
            entry: shown(names.join("/").as_bytes()),
            reason: format!(
                "is a hard link to `{}`, which is not a file of the archive",
                target.join("/")
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_accepted() {
        assert_eq!(names(b"./a//b/").expect("names"), ["a", "b"]);
        for path in [
            &b"../x"[..],
            b"a/../../x",
            b"/etc/passwd",
            b"a\nb",
            b"\xff",
            b"a/..",
        ] {
            assert!(names(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_path_is_neither_too_long_nor_too_deep() {
        let deep = "a/".repeat(DEEPEST - 1) + "f";
        assert!(names(deep.as_bytes()).is_ok());
        let excessive = [
            format!("a/{deep}"),
            "./".repeat(32_600) + "f",
            "n".repeat(LONGEST_NAME + 1),
            format!("{0}/{0}/{0}/{0}/{0}", "n".repeat(LONGEST_NAME)),
        ];
        for path in excessive {
            let refused = names(path.as_bytes())
                .expect_err("too long or deep")
                .to_string();
            assert!(refused.contains("too ") && refused.len() < 400, "{refused}");
            let guard = Guard::default();
            let target = path.replacen("n", "../n", 1);
            if path.len() > LONGEST_PATH || path.contains("a/a") {
                assert!(guard.check_symlink(&["d", "l"], target.as_bytes()).is_err());
            }
        }
    }

    #[test]
    fn links_cannot_leave_even_through_other_links() {
        let guard = Guard::default();
        let check = |path: &str, target: &str, is_fine: bool| {
            let names: Vec<&str> = path.split('/').collect();
            let checked = guard.check_symlink(&names, target.as_bytes());
            assert_eq!(checked.is_ok(), is_fine, "{path} -> {target}");
        };
        check("bin/python3", "python3.14t", true);
        check("bin/python3", "../lib/x", true);
        check("share/terminfo/a/b", "../../x", true);
        check("bin/python3", "../../x", false);
        check("a", "..", false);
        check("bin/x", "/etc/passwd", false);
        check("bin/x", "", false);
        // `d/e -> ../t`: `d/e/../../x` would then be resolved from t, not from d/e.
        check("s/x", "d/e/../../../x", false);
        check("s/x", "d/..", false);
    }

    #[test]
    fn nothing_is_placed_below_a_link_or_twice() {
        let mut guard = Guard::default();
        assert_eq!(
            guard.make(&["a", "b", "f"], Made::File).expect("made"),
            ["a", "a/b"]
        );
        assert_eq!(guard.make(&["a", "l"], Made::Link).expect("made"), [""; 0]);
        assert!(guard.make(&["a"], Made::Directory).is_ok());
        assert!(guard.make(&["a", "b", "f"], Made::File).is_err());
        assert!(guard.make(&["a", "l", "x"], Made::File).is_err());
        assert!(guard.make(&["a", "b", "f", "x"], Made::File).is_err());
        assert!(guard.make(&["a", "b"], Made::File).is_err());
        assert!(guard.check_hardlink(&["h"], &["a", "b", "f"]).is_ok());
        assert!(guard.check_hardlink(&["h"], &["a", "l"]).is_err());
        assert!(guard.check_hardlink(&["h"], &["nowhere"]).is_err());
    }
}
