//! The location of a store: an absolute path, or an error. A relative path would depend on the
//! directory a program was started in, and an empty one would mean that directory.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The variable with shared stores: a list of paths such as PATH.
pub const SHARED: &str = "FTPY_SHARED";

/// The directories in [`SHARED`], without invalid ones: `ftpy doctor` reports those.
#[must_use]
pub fn shared(value: Option<&OsStr>, home: Option<&OsStr>) -> Vec<PathBuf> {
    let Some(value) = value else {
        return Vec::new();
    };
    let valid = std::env::split_paths(value);
    let valid = valid.filter_map(|path| directory(path.as_os_str(), home).ok());
    let mut found: Vec<PathBuf> = Vec::new();
    for path in valid {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// The directory named by a variable: an absolute path, or one starting with `~/`, which Docker's
/// `ENV` and systemd do not expand.
///
/// # Errors
/// Returns why it is invalid, as the end of a sentence.
pub fn directory(value: &OsStr, home: Option<&OsStr>) -> Result<PathBuf, String> {
    let path = Path::new(value);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let shown: String = value.to_string_lossy().chars().take(200).collect();
    let shown = crate::text_file::printable(&shown);
    let Ok(below) = path.strip_prefix("~") else {
        return Err(format!("`{shown}` is not an absolute path"));
    };
    let home = home.map(Path::new).filter(|home| home.is_absolute());
    let home =
        home.ok_or_else(|| format!("`{shown}` needs HOME, but HOME is not an absolute path"))?;
    // Joining an empty path would add a trailing slash.
    Ok(match below.as_os_str().is_empty() {
        true => home.to_owned(),
        false => home.join(below),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_stores_keep_their_order_and_invalid_ones_are_left_out() {
        let read = |value: &str| shared(Some(OsStr::new(value)), Some(OsStr::new("/h")));
        let expected = ["/opt/b", "/h/a", "/c"].map(PathBuf::from);
        assert_eq!(read("/opt/b:~/a::rel:/opt/b:/c"), expected);
        assert_eq!(shared(None, None), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_root_is_absolute_or_an_error() {
        let read = |value: &str, home: Option<&str>| {
            directory(OsStr::new(value), home.map(OsStr::new)).map_err(|_| ())
        };
        assert_eq!(read("/s", None), Ok(PathBuf::from("/s")));
        assert_eq!(read("~", Some("/h")), Ok(PathBuf::from("/h")));
        assert_eq!(read("~/", Some("/h")), Ok(PathBuf::from("/h")));
        assert_eq!(read("~/a/b", Some("/h")), Ok(PathBuf::from("/h/a/b")));
        for (value, home) in [
            ("", Some("/h")),
            (".", Some("/h")),
            ("s", Some("/h")),
            ("./~/s", Some("/h")),
            ("~other/s", Some("/h")),
            ("~/s", None),
            ("~/s", Some("")),
            ("~/s", Some("h")),
        ] {
            assert_eq!(read(value, home), Err(()), "{value} {home:?}");
        }
    }
}
