//! What a package says of itself in its `info/`. Every file is bounded before it is read, and
//! every path in it is a plain relative one, or the package is refused.

use crate::unpack::names;
use rattler_conda_types::package::{IndexJson, LinkJson, NoArchLinks, PackageFile, PathsJson};
use std::io::ErrorKind;
use std::path::Path;

/// The longest file of `info/` that is read: a `paths.json` of 200,000 files.
const LARGEST: u64 = 64 << 20;
/// The files that are read.
const FILES: [&str; 7] = [
    "paths.json",
    "index.json",
    "link.json",
    "files",
    "has_prefix",
    "no_link",
    "no_softlink",
];

/// What a package says of itself.
#[derive(Debug)]
pub(super) struct Info {
    /// Its name, and whether it is `noarch`.
    pub(super) index: IndexJson,
    /// Its files.
    pub(super) paths: PathsJson,
    /// The scripts of a `noarch` Python package.
    pub(super) link: Option<LinkJson>,
}

impl Info {
    /// Reads `info/` of an unpacked package.
    ///
    /// # Errors
    /// A sentence, where it cannot be read or names a path that is not plain.
    pub(super) fn read(directory: &Path) -> Result<Self, String> {
        let paths =
            paths(directory).map_err(|error| format!("it does not list its files: {error}"))?;
        let index = IndexJson::from_package_directory(directory)
            .map_err(|error| format!("its info/index.json cannot be read: {error}"))?;
        let link = match index.noarch.is_python() {
            true => link(directory)?,
            false => None,
        };
        Ok(Self { index, paths, link })
    }
}

/// The scripts of a `noarch` Python package, if it has some.
fn link(directory: &Path) -> Result<Option<LinkJson>, String> {
    let link = match LinkJson::from_package_directory(directory) {
        Ok(link) => link,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("its info/link.json cannot be read: {error}")),
    };
    match link.noarch {
        NoArchLinks::Python(_) => Ok(Some(link)),
        NoArchLinks::Generic => {
            Err("its info/link.json is not that of a Python package".to_owned())
        }
    }
}

/// The list of a package's files.
///
/// # Errors
/// A sentence, where it cannot be read or names a path that is not plain.
pub(super) fn paths(directory: &Path) -> Result<PathsJson, String> {
    let info = directory.join("info");
    let is_directory = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_dir());
    if !is_directory(&info) {
        return Err("it has no directory info".to_owned());
    }
    for name in FILES {
        match info.join(name).symlink_metadata() {
            Ok(found) if found.is_file() && found.len() <= LARGEST => {}
            Ok(_) => return Err(format!("its info/{name} is not a file of a sensible size")),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    let paths = PathsJson::from_package_directory_with_deprecated_fallback(directory)
        .map_err(|error| error.to_string())?;
    for entry in &paths.paths {
        plain(&entry.relative_path)?;
    }
    Ok(paths)
}

/// The names of a relative path that is written in the one plain way, with `/` between them.
///
/// # Errors
/// A sentence, where it is absolute, empty or long, or has `..`, `.`, an empty name, a
/// backslash or a control character.
pub(super) fn plain(path: &Path) -> Result<Vec<&str>, String> {
    let refused = |reason: &str| {
        let text: String = path.to_string_lossy().escape_debug().take(160).collect();
        format!("its path `{text}` {reason}")
    };
    let text = path.to_str().ok_or_else(|| refused("is not UTF-8"))?;
    let found = names(text.as_bytes()).map_err(|_| refused("leads out of its place"))?;
    match found.is_empty() || found.join("/") != text || text.contains('\\') {
        true => Err(refused("leads out of its place")),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_taken() {
        assert_eq!(
            plain(Path::new("lib/x.py")).expect("plain"),
            ["lib", "x.py"]
        );
        let deep = "a/".repeat(32_600) + "x";
        for path in [
            "", ".", "..", "../x", "a/../x", "a/..", "/x", "a//b", "./a", "a/", "a\\b", "a\0b",
            "a\nb", &deep,
        ] {
            assert!(plain(Path::new(path)).is_err(), "{path:?}");
        }
    }
}
