//! The files of a package, as locks write them: `url`, `path` or name, `hash`, `size`.

use crate::check::dependency::{WheelFile, WheelPlace};
use crate::digest::Digest;
use crate::file_url;
use crate::secret_url::SecretUrl;
use crate::wheel::WheelName;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A file, in the words of all formats together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedFile {
    /// pylock.toml: the file name, if it differs from the end of the URL.
    pub name: Option<String>,
    /// uv.lock: the file name of a package by path.
    pub filename: Option<String>,
    /// poetry.lock, pdm.lock: the file name.
    pub file: Option<String>,
    pub url: Option<String>,
    /// Relative to the lock.
    pub path: Option<String>,
    /// `sha256:...`
    pub hash: Option<String>,
    /// pylock.toml: `{ sha256 = "..." }`
    pub hashes: BTreeMap<String, String>,
    pub size: Option<u64>,
}

impl ListedFile {
    /// The wheel; `None` for another kind of file.
    pub(super) fn wheel(&self, directory: &Path) -> Option<WheelFile> {
        let name = self.file_name()?.parse::<WheelName>().ok()?;
        let place = match (&self.url, &self.path) {
            (Some(url), _) => place_of_url(url, directory),
            (None, Some(path)) => WheelPlace::File(directory.join(path)),
            (None, None) => WheelPlace::Index,
        };
        let written = self.hash.as_deref();
        let written = written.and_then(|hash| hash.strip_prefix("sha256:"));
        let sha256 = written.or(self.hashes.get("sha256").map(String::as_str));
        Some(WheelFile {
            name,
            place,
            sha256: sha256.and_then(|text| text.to_ascii_lowercase().parse::<Digest>().ok()),
            size: self.size,
        })
    }

    /// Whether it is something that has to be built.
    pub(super) fn is_source(&self) -> bool {
        let name = self.file_name();
        name.is_some_and(|name| !has_ending(&name, ".whl"))
    }

    fn file_name(&self) -> Option<String> {
        let named = [&self.name, &self.filename, &self.file];
        let named = named.into_iter().find_map(Clone::clone);
        named.or_else(|| {
            let place = self.url.as_ref().or(self.path.as_ref())?;
            file_name_of(place)
        })
    }
}

/// The wheel at a URL, with the sha256 that is known of it; `None` for another kind of file.
#[must_use]
pub fn wheel_of_url(url: &str, sha256: Option<&String>) -> Option<WheelFile> {
    let file = ListedFile {
        url: Some(url.to_owned()),
        hash: sha256.map(|text| format!("sha256:{text}")),
        ..ListedFile::default()
    };
    file.wheel(Path::new(""))
}

/// Whether a file name has an ending in any case.
pub(super) fn has_ending(name: &str, ending: &str) -> bool {
    let start = name.len().checked_sub(ending.len());
    let end = start.and_then(|start| name.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(ending))
}

/// The file name at the end of a URL or path, without query, fragment and escapes.
pub(super) fn file_name_of(place: &str) -> Option<String> {
    let path = place.split(['?', '#']).next()?;
    let last = path.rsplit(['/', '\\']).next()?;
    let name = String::from_utf8(file_url::unescaped(last)).ok()?;
    (!name.is_empty()).then_some(name)
}

/// The place of a wheel by URL: a file:// URL is a path.
pub(super) fn place_of_url(url: &str, directory: &Path) -> WheelPlace {
    if let Some(Ok(path)) = file_url::path_of(url) {
        return WheelPlace::File(path);
    }
    match url.contains("://") {
        true => WheelPlace::Url(SecretUrl::from(url)),
        false => WheelPlace::File(directory.join(url)),
    }
}

/// The digest in a URL's fragment: `#sha256=...`
pub(super) fn digest_of_fragment(url: &str) -> Option<Digest> {
    let (_, fragment) = url.split_once('#')?;
    let found = fragment
        .split('&')
        .find_map(|it| it.strip_prefix("sha256="));
    found?.to_ascii_lowercase().parse().ok()
}
