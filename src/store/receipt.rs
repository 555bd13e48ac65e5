//! `receipt.json`: where an installation came from and what the probe saw.
//!
//! Format 1. Fields may be added; a reader ignores those it does not know, and the number
//! grows only when an old reader would be wrong. The files' digests are in `files.sha256`
//! beside it, so that reading a receipt costs the same for any installation; their permissions
//! are in `files.modes`, which older receipts do not name.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::probe::Facts;
use crate::store::build_options::Compilation;
use crate::store::inventory::Inventory;
use crate::store::modes::Modes;
use crate::store::package::Package;
use ftpy_core::file;
use ftpy_core::key::Key;
use ftpy_core::target::Target;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The newest format that this program reads, and the one it writes.
const FORMAT: u32 = 1;

/// A longer file is not a receipt that ftpy wrote.
const LONGEST: u64 = 1 << 28;

/// The receipt of one installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of this file: 1.
    pub format: u32,
    /// The version of ftpy that made the installation.
    pub ftpy: String,
    /// `3.14.7t-pbs-20260901`
    pub key: String,
    /// What was asked for, in its canonical form.
    pub request: String,
    /// `3.14.7`
    pub version: String,
    /// `t`; as `sys.abiflags`.
    pub abi: String,
    /// `free-threaded`: the ABI in words.
    pub variant: String,
    /// `linux-x86_64-gnu`
    pub target: String,
    /// `pbs`
    pub provider: String,
    /// The provider's name for the build.
    pub build: Option<String>,
    /// When the installation was made: RFC 3339, UTC.
    pub installed_at: String,
    /// The directory it was made for. Scripts and build variables hold it.
    pub prefix: PathBuf,
    /// The interpreter, relative to the prefix: `bin/python3.14t`.
    pub executable: String,
    /// What was downloaded.
    pub artifact: Artifact,
    /// What configure was given, for a build from source.
    #[serde(default)]
    pub flags: Vec<String>,
    /// All that it was compiled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compilation: Option<Compilation>,
    /// Flavour to what showed that it took.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proofs: BTreeMap<String, String>,
    /// Standard modules that are not in it, by the names people know.
    #[serde(default)]
    pub missing_modules: Vec<String>,
    /// What conda's solver chose, in the order in which it is linked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
    /// The files.
    pub files: Files,
    /// What the interpreter said of itself.
    pub probe: Facts,
    /// The package that its files are of, where a package manager owns them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<DistroPackage>,
}

/// A package of the machine's package manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistroPackage {
    /// `apt`: the row of `manifests/distro.toml`.
    pub family: String,
    /// `python3.14-nogil`
    pub name: String,
    /// `3.14.7-1`: the package manager's word, if it had one before.
    pub version: Option<String>,
}

/// What was downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The URL that the bytes came from.
    pub url: String,
    /// Their digest.
    pub sha256: Digest,
    /// Their number.
    pub size: u64,
    /// Whether the digest was known before. If not, the person said so by name.
    pub is_pinned: bool,
}

/// The files of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// How many regular files.
    pub count: usize,
    /// Their bytes together.
    pub bytes: u64,
    /// The digest of `files.sha256`, which holds theirs.
    pub sha256: Digest,
    /// Symbolic links and what they point at.
    pub links: BTreeMap<String, String>,
    /// The digest of `files.modes`; `None` where an older ftpy wrote the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Digest>,
}

fn directory(prefix: &Path) -> PathBuf {
    prefix.join(".ftpy")
}

impl Files {
    /// The summary of an inventory.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        Self {
            count: inventory.files.len(),
            bytes: inventory.bytes,
            sha256: Digest::of(inventory.text().as_bytes()),
            links: inventory.links.clone(),
            modes: (!inventory.modes.is_empty())
                .then(|| Digest::of(inventory.modes.text().as_bytes())),
        }
    }
}

impl Receipt {
    /// Writes the receipt and the list of files below `made`, a prefix in the making.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&self, made: &Path, inventory: &Inventory) -> Result<()> {
        let directory = directory(made);
        std::fs::create_dir_all(&directory).map_err(IoFailure::at("create", &directory))?;
        let list = directory.join("files.sha256");
        std::fs::write(&list, inventory.text()).map_err(IoFailure::at("write", &list))?;
        if self.files.modes.is_some() {
            let modes = directory.join("files.modes");
            std::fs::write(&modes, inventory.modes.text())
                .map_err(IoFailure::at("write", &modes))?;
        }
        let path = directory.join("receipt.json");
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::new(Kind::Internal, error.to_string()))?;
        std::fs::write(&path, text + "\n").map_err(IoFailure::at("write", &path))?;
        Ok(())
    }

    /// Reads the receipt of the installation at `prefix`.
    ///
    /// # Errors
    /// Where there is none, it is damaged, or a newer ftpy wrote it.
    pub fn read(prefix: &Path) -> Result<Self> {
        let path = directory(prefix).join("receipt.json");
        let damaged = |reason: String| {
            let message = format!("the receipt {} cannot be used: {reason}", path.display());
            Failure::new(Kind::Integrity, message)
        };
        let text = file::read(&path, LONGEST).map_err(|unreadable| match unreadable.is_denied {
            true => Failure::from(unreadable),
            false => damaged(unreadable.reason),
        })?;
        let text = text.ok_or_else(|| {
            let message = format!("there is no receipt {}", path.display());
            Failure::new(Kind::Integrity, message)
        })?;
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        // The format first: a newer receipt may lack fields that this program expects.
        let Format { format } =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if format > FORMAT {
            let message = format!("a newer ftpy wrote {} (format {format})", path.display());
            return Err(Failure::new(Kind::System, message).hint("update ftpy"));
        }
        let read: Self = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        read.check().map_err(damaged)?;
        Ok(read)
    }

    /// Both become paths: the key names a directory, and the executable is looked for in it.
    fn check(&self) -> std::result::Result<(), String> {
        let unsaid = Target::new("", "", "");
        let Some(key) = Key::from_name(&self.key, &unsaid) else {
            let key = self.key.escape_debug();
            return Err(format!("`{key}` cannot be the name of an installation"));
        };
        let path = Path::new(&self.executable);
        let is_below = |part: Component<'_>| matches!(part, Component::Normal(_));
        let is_valid = match key.provider.is_external() {
            true => path.is_absolute(),
            false => path.components().all(is_below),
        };
        match is_valid {
            true => Ok(()),
            false => Err(format!(
                "`{}` cannot be the interpreter of {key}",
                self.executable.escape_debug()
            )),
        }
    }

    /// The format to write.
    #[must_use]
    pub fn format() -> u32 {
        FORMAT
    }

    /// Reads the list of files and their permissions, checked against the receipt.
    ///
    /// # Errors
    /// Where it is missing or is not the one that was written.
    pub fn inventory(&self, prefix: &Path) -> Result<Inventory> {
        let damaged = |path: &Path| {
            let message = format!("{} is not what was written", path.display());
            Failure::new(Kind::Integrity, message)
        };
        let read = |name: &str, sha256: Digest| {
            let path = directory(prefix).join(name);
            let text = std::fs::read_to_string(&path).map_err(IoFailure::at("read", &path))?;
            match Digest::of(text.as_bytes()) == sha256 {
                true => Ok((text, path)),
                false => Err(damaged(&path)),
            }
        };
        let (text, path) = read("files.sha256", self.files.sha256)?;
        let inventory = Inventory::parse(&text, self.files.links.clone());
        let mut inventory = inventory.ok_or_else(|| damaged(&path))?;
        if let Some(sha256) = self.files.modes {
            let (text, path) = read("files.modes", sha256)?;
            inventory.modes = Modes::parse(&text).ok_or_else(|| damaged(&path))?;
        }
        Ok(inventory)
    }
}
