//! The paths of the store. The documentation of the parent module shows them as a tree.

use crate::digest::Digest;
use crate::error::IoFailure;
use crate::host::atomic_file::Unfinished;
use ftpy_core::key::Key;
use ftpy_core::request::Build;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the cache lock; it cannot be a key, as keys start with a digit.
pub(super) const CACHE: &str = "cache";

/// The store: a directory that may not exist yet.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    /// Stores that are searched after this one, and never written.
    shared: Vec<PathBuf>,
    /// The directory of `ftpy install --to`, instead of one in `installs/`.
    image: Option<PathBuf>,
}

impl Store {
    /// The store at a directory. Nothing is created before something is written.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self {
            root,
            shared: Vec::new(),
            image: None,
        }
    }

    /// The same store, with shared ones that are searched after it.
    #[must_use]
    pub fn sharing(self, shared: Vec<PathBuf>) -> Self {
        Self { shared, ..self }
    }

    /// The shared stores.
    #[must_use]
    pub fn shared(&self) -> &[PathBuf] {
        &self.shared
    }

    /// The same store, whose next installation goes to a directory outside of it.
    #[must_use]
    pub fn placing(self, image: Option<PathBuf>) -> Self {
        Self { image, ..self }
    }

    /// The directory outside of the store that installations go to.
    #[must_use]
    pub fn image(&self) -> Option<&Path> {
        self.image.as_deref()
    }

    /// The directory itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `installs/`
    #[must_use]
    pub fn installs(&self) -> PathBuf {
        self.root.join("installs")
    }

    /// `installs/<key>`: the prefix of an installation, whether it exists or not.
    #[must_use]
    pub fn prefix(&self, key: &Key) -> PathBuf {
        match &self.image {
            Some(image) => image.clone(),
            None => self.installs().join(key.to_string()),
        }
    }

    /// The directory that contains the prefix of the next installation.
    pub(super) fn place_of_prefixes(&self) -> PathBuf {
        match &self.image {
            Some(image) => image.parent().unwrap_or(image).to_owned(),
            None => self.installs(),
        }
    }

    /// `cache/`
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// `cache/sha256/<digest>`
    #[must_use]
    pub fn cached(&self, digest: &Digest) -> PathBuf {
        self.cache().join("sha256").join(digest.to_string())
    }

    /// `cache/partial/<digest>`: an incomplete download.
    #[must_use]
    pub fn partial(&self, digest: &Digest) -> PathBuf {
        self.cache().join("partial").join(digest.to_string())
    }

    /// `cache/conda/<digest>`: an unpacked package, shared by the prefixes that contain it.
    #[must_use]
    pub fn package(&self, digest: &Digest) -> PathBuf {
        self.cache().join("conda").join(digest.to_string())
    }

    /// `cache/repodata/`: the package lists of conda channels.
    #[must_use]
    pub fn repodata(&self) -> PathBuf {
        self.cache().join("repodata")
    }

    /// `cache/builds/<key>/`: a source tree being compiled, or left by a failed build.
    #[must_use]
    pub fn build_tree(&self, key: &Key) -> PathBuf {
        self.cache().join("builds").join(key.to_string())
    }

    /// `cache/times/3.14t+pgo.json`: how long similar builds took.
    #[must_use]
    pub fn build_times(&self, build: &Build) -> PathBuf {
        let (major, minor) = build.version.series();
        let name = format!("{major}.{minor}{}{}", build.abi, build.flavours);
        self.cache().join("times").join(format!("{name}.json"))
    }

    /// `cache/configure/<digest>`: cached results of configure.
    #[must_use]
    pub fn configure_cache(&self, digest: &Digest) -> PathBuf {
        self.cache().join("configure").join(digest.to_string())
    }

    /// `cache/scripts/<digest>`: the virtual environment of a script's dependencies.
    #[must_use]
    pub fn script_environment(&self, digest: &Digest) -> PathBuf {
        self.cache().join("scripts").join(digest.to_string())
    }

    /// `cache/wheels/ab/<key>`, by its first two digits: what `ftpy check` found in a wheel.
    #[must_use]
    pub fn wheel_report(&self, key: &Digest) -> PathBuf {
        let key = key.to_string();
        self.cache().join("wheels").join(&key[..2]).join(&key)
    }

    /// `cache/ccache/`: compiled objects, for a compiler cache without a configured directory.
    #[must_use]
    pub fn compiler_cache(&self) -> PathBuf {
        self.cache().join("ccache")
    }

    /// `index/pbs.txt`
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.root.join("index/pbs.txt")
    }

    /// `logs/<key>.log`
    #[must_use]
    pub fn log(&self, key: &Key) -> PathBuf {
        self.root.join("logs").join(format!("{key}.log"))
    }

    /// `shims/`: the directory to put on PATH.
    #[must_use]
    pub fn shims(&self) -> PathBuf {
        self.root.join("shims")
    }

    /// `aliases/`
    #[must_use]
    pub fn aliases(&self) -> PathBuf {
        self.root.join("aliases")
    }

    /// Next to the installations, because a rename cannot cross file systems.
    pub(super) fn install_stages(&self) -> PathBuf {
        let name = match &self.image {
            Some(_) => ".ftpy-stage",
            None => ".stage",
        };
        self.place_of_prefixes().join(name)
    }

    pub(super) fn cache_stages(&self) -> PathBuf {
        self.cache().join("stage")
    }

    pub(super) fn key_lock(&self, key: &Key) -> PathBuf {
        self.root.join("locks").join(key.to_string())
    }

    pub(super) fn cache_lock(&self) -> PathBuf {
        self.root.join("locks").join(CACHE)
    }

    pub(super) fn download_lock(&self, digest: &Digest) -> PathBuf {
        self.root.join("locks").join(format!("download-{digest}"))
    }

    /// `name` is the digest, as in `cache/scripts/`.
    pub(super) fn script_lock(&self, name: &str) -> PathBuf {
        self.root.join("locks").join(format!("script-{name}"))
    }

    pub(super) fn packages_lock(&self) -> PathBuf {
        self.root.join("locks/conda-packages")
    }

    pub(super) fn commit_lock(&self) -> PathBuf {
        self.root.join("lock")
    }
}

/// `<prefix>/.ftpy/suppressions.<sanitizer>`: CPython's own list of known reports to suppress.
#[must_use]
pub fn suppressions_file(prefix: &Path, sanitizer: &str) -> PathBuf {
    prefix
        .join(".ftpy")
        .join(format!("suppressions.{sanitizer}"))
}

/// `<prefix>/.ftpy/patches/<n>-<name>`: a patch that was applied to the source.
#[must_use]
pub fn patch_file(prefix: &Path, number: usize, patch: &Path) -> PathBuf {
    let name = patch.file_name().unwrap_or_default().to_string_lossy();
    prefix.join(format!(".ftpy/patches/{number}-{name}"))
}

/// Creates a directory and its parents.
pub(super) fn create_dir(path: &Path) -> Result<(), IoFailure> {
    std::fs::create_dir_all(path).map_err(IoFailure::at("create", path))
}

/// Writes a file of the store atomically. For files outside the store, use
/// [`person_file`](crate::host::person_file).
///
/// # Errors
/// Returns an error if it cannot be written; the old file is then kept.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), IoFailure> {
    let mut unfinished = Unfinished::begin(path)?;
    let written = unfinished.file().write_all(bytes);
    written.map_err(IoFailure::at("write", path))?;
    unfinished.appear()
}
