//! A package of conda, as lock files list it.

use crate::check::dependency::FileLocation;
use crate::digest::Digest;
use crate::secret_url::SecretUrl;

/// A package of conda on one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CondaPackage {
    /// The name: `h3-py`.
    pub name: String,
    /// The version.
    pub version: String,
    /// The build: `py314h5f6c8b9_0`.
    pub build: String,
    /// The platform in conda's words: `linux-64`, `noarch`.
    pub subdir: String,
    /// The archive.
    pub url: SecretUrl,
    /// The digest that the lock gives.
    pub sha256: Option<Digest>,
    /// The size in bytes that the lock gives.
    pub size: Option<u64>,
    /// Its requirements: `python_abi 3.14.* *_cp314t`.
    pub depends: Vec<String>,
    /// Where it is listed.
    pub location: Option<FileLocation>,
}

impl CondaPackage {
    /// The name of its archive: `h3-py-4.5.0-py314h_0.conda`.
    #[must_use]
    pub fn file_name(&self) -> String {
        let url = self.url.expose().split(['?', '#']).next();
        let file = url.and_then(|url| url.rsplit('/').next());
        file.unwrap_or_default().to_owned()
    }

    /// The parts of a URL: `.../linux-64/h3-py-4.5.0-py314h_0.conda`.
    #[cfg(feature = "conda")]
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next()?;
        let (directory, file) = path.rsplit_once('/')?;
        let stem = file
            .strip_suffix(".conda")
            .or_else(|| file.strip_suffix(".tar.bz2"))?;
        let (rest, build) = stem.rsplit_once('-')?;
        let (name, version) = rest.rsplit_once('-')?;
        Some(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            build: build.to_owned(),
            subdir: directory.rsplit('/').next()?.to_owned(),
            url: SecretUrl::from(url),
            sha256: None,
            size: None,
            depends: Vec::new(),
            location: None,
        })
    }
}
