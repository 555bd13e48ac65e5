//! Reads a package's metadata in `info/`. Every file has a size limit, and a package with a path
//! that is not plain and relative is rejected.

use crate::unpack::names;
use rattler_conda_types::package::{IndexJson, LinkJson, NoArchLinks, PackageFile, PathsJson};
use std::io::ErrorKind;
use std::path::Path;

/// The maximum size of a file in `info/`: a `paths.json` of 200,000 files.
const LARGEST: u64 = 64 << 20;
/// The files to read.
const FILES: [&str; 7] = [
    "paths.json",
    "index.json",
    "link.json",
    "files",
    "has_prefix",
    "no_link",
    "no_softlink",
];

/// The metadata of a package.
#[derive(Debug)]
pub(super) struct Info {
    /// Its name, and whether it is `noarch`.
    pub(super) index: IndexJson,
    /// Its files.
    pub(super) paths: PathsJson,
    /// The entry points of a `noarch` Python package.
    pub(super) link: Option<LinkJson>,
}

impl Info {
    /// Reads `info/` of an unpacked package.
    ///
    /// # Errors
    /// Returns a message if it cannot be read or contains a path that is not plain.
    pub(super) fn read(directory: &Path) -> Result<Self, String> {
        let paths = paths(directory)
            .map_err(|error| format!("its list of files cannot be read: {error}"))?;
        let index = IndexJson::from_package_directory(directory)
            .map_err(|error| format!("its info/index.json cannot be read: {error}"))?;
        let link = match index.noarch.is_python() {
            true => link(directory)?,
            false => None,
        };
        Ok(Self { index, paths, link })
    }
}

/// The entry points of a `noarch` Python package, if it has any.
fn link(directory: &Path) -> Result<Option<LinkJson>, String> {
    let link = match LinkJson::from_package_directory(directory) {
        Ok(link) => link,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("its info/link.json cannot be read: {error}")),
    };
    match link.noarch {
        NoArchLinks::Python(_) => Ok(Some(link)),
        NoArchLinks::Generic => {
            Err("its info/link.json does not describe a Python package".to_owned())
        }
    }
}

/// The list of a package's files.
///
/// # Errors
/// Returns a message if it cannot be read or contains a path that is not plain.
pub(super) fn paths(directory: &Path) -> Result<PathsJson, String> {
    let info = directory.join("info");
    let is_directory = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_dir());
    if !is_directory(&info) {
        return Err("it has no info directory".to_owned());
    }
    for name in FILES {
        match info.join(name).symlink_metadata() {
            Ok(found) if found.is_file() && found.len() <= LARGEST => {}
            Ok(_) => {
                return Err(format!(
                    "its info/{name} is too large or not a regular file"
                ));
            }
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

/// The components of a plain relative path, separated by `/`.
///
/// # Errors
/// Returns a message if it is absolute, empty or too long, or contains `..`, `.`, an empty
/// component, a backslash or a control character.
pub(super) fn plain(path: &Path) -> Result<Vec<&str>, String> {
    let refused = |reason: &str| {
        let text: String = path.to_string_lossy().escape_debug().take(160).collect();
        format!("its path `{text}` {reason}")
    };
    let text = path.to_str().ok_or_else(|| refused("is not UTF-8"))?;
    let found = names(text.as_bytes()).map_err(|_| refused("is outside the package"))?;
    match found.is_empty() || found.join("/") != text || text.contains('\\') {
        true => Err(refused("is outside the package")),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_accepted() {
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
