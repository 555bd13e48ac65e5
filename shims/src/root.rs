//! Where a store is: a directory by an absolute path, or an error. A relative one would depend on
//! where a program was started, and an empty one would be the current directory.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The directory that a variable names: an absolute path, or one below `~/`, which Docker's `ENV`
/// and systemd leave as it is.
///
/// # Errors
/// Why it names none, as the rest of a sentence.
pub fn directory(value: &OsStr, home: Option<&OsStr>) -> Result<PathBuf, String> {
    let path = Path::new(value);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let shown: String = value.to_string_lossy().chars().take(200).collect();
    let shown = crate::file::printable(&shown);
    let Ok(below) = path.strip_prefix("~") else {
        return Err(format!("`{shown}` is not an absolute path"));
    };
    let home = home.map(Path::new).filter(|home| home.is_absolute());
    let home =
        home.ok_or_else(|| format!("`{shown}` needs HOME, which is not an absolute path"))?;
    // Joining nothing would leave a slash at the end.
    Ok(match below.as_os_str().is_empty() {
        true => home.to_owned(),
        false => home.join(below),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
