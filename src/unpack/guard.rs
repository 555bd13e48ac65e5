//! What an archive may put where. Knows every path that was made, touches none.
//!
//! The rules, each of which some published tool once lacked:
//! - a path is made of plain names: no `..`, not absolute, UTF-8, no control characters;
//! - nothing is put below a link or a file, whatever made it;
//! - a path is made once (a directory may be named again);
//! - a symbolic link is relative, climbs only at its beginning, and not out. As its own
//!   directory is real, where it leads can be read off its text, even through other links;
//! - a hard link is to a file that this archive made.

use crate::unpack::UnpackError;
use std::collections::HashMap;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Directory,
    File,
    Link,
}

/// The paths made so far, relative to the destination, joined with `/`.
#[derive(Debug, Default)]
pub(super) struct Guard {
    made: HashMap<String, Made>,
}

/// The names of a path in an archive.
///
/// # Errors
/// Where it is no plain relative path.
pub(super) fn names(path: &[u8]) -> Result<Vec<&str>, UnpackError> {
    let shown = || String::from_utf8_lossy(path).escape_debug().to_string();
    let hostile = |reason: &str| UnpackError::Hostile {
        entry: shown(),
        reason: reason.to_owned(),
    };
    let text = std::str::from_utf8(path).map_err(|_| hostile("has a name that is not UTF-8"))?;
    if text.starts_with('/') {
        return Err(hostile("is an absolute path"));
    }
    if text.chars().any(char::is_control) {
        return Err(hostile("has a control character in its name"));
    }
    let mut names = Vec::new();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => return Err(hostile("climbs with `..`")),
            name => names.push(name),
        }
    }
    Ok(names)
}

impl Guard {
    /// Allows something to be made at `path`. Returns the directories above it that are not
    /// there yet, the outermost first.
    pub(super) fn make(&mut self, names: &[&str], kind: Made) -> Result<Vec<String>, UnpackError> {
        let path = names.join("/");
        let hostile = |reason: String| UnpackError::Hostile {
            entry: path.escape_debug().to_string(),
            reason,
        };
        let mut above = Vec::new();
        for end in 1..names.len() {
            let parent = names[..end].join("/");
            match self.made.get(&parent) {
                Some(Made::Directory) => {}
                Some(Made::File | Made::Link) => {
                    return Err(hostile(format!(
                        "is below `{parent}`, which is no directory"
                    )));
                }
                None => above.push(parent),
            }
        }
        match (self.made.get(&path), kind) {
            (None, _) | (Some(Made::Directory), Made::Directory) => {}
            (Some(_), _) => return Err(hostile("stands in it twice".to_owned())),
        }
        for parent in &above {
            self.made.insert(parent.clone(), Made::Directory);
        }
        self.made.insert(path, kind);
        Ok(above)
    }

    /// Allows a symbolic link at `names` to `target`.
    pub(super) fn check_symlink(&self, names: &[&str], target: &[u8]) -> Result<(), UnpackError> {
        let hostile = |reason: &str| UnpackError::Hostile {
            entry: names.join("/").escape_debug().to_string(),
            reason: format!(
                "{reason}: `{}`",
                String::from_utf8_lossy(target).escape_debug()
            ),
        };
        let text = std::str::from_utf8(target)
            .map_err(|_| hostile("links to a name that is not UTF-8"))?;
        if text.is_empty() || text.starts_with('/') {
            return Err(hostile("links to an absolute path"));
        }
        let mut depth = names.len() - 1;
        let mut is_climbing = true;
        for name in text.split('/') {
            match name {
                "" | "." => {}
                ".." if is_climbing && depth > 0 => depth -= 1,
                ".." => return Err(hostile("links out of the installation")),
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
            entry: names.join("/").escape_debug().to_string(),
            reason: format!(
                "is a hard link to `{}`, which is no file of the archive",
                target.join("/")
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_names() {
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
    fn links_cannot_climb_out_even_by_way_of_other_links() {
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
        // `d/e -> ../t` and then `d/e/../../x` would climb from t, not from d/e.
        check("s/x", "d/e/../../../x", false);
        check("s/x", "d/..", false);
    }

    #[test]
    fn nothing_is_put_below_a_link_or_twice() {
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
