//! `receipt.json`: the origin of an installation and the results of the probe.
//!
//! Format 1. Readers ignore unknown fields, so fields may be added; the number changes only if an
//! old reader would misinterpret the file. The digests of the files are in `files.sha256`, so that
//! receipts stay small; the permissions are in `files.modes`, which older receipts do not mention.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Result};
use crate::probe::Facts;
use crate::store::build_options::Compilation;
use crate::store::error::StoreError;
use crate::store::inventory::Inventory;
use crate::store::modes::Modes;
use crate::store::package::Package;
use ftpy_core::key::Key;
use ftpy_core::target::Target;
use ftpy_core::text_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The newest supported format, which is also the one written.
const FORMAT: u32 = 1;

/// The maximum size of a receipt.
const LONGEST: u64 = 1 << 28;

/// The receipt of one installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The format: 1.
    pub format: u32,
    /// The version of ftpy that made the installation.
    pub ftpy: String,
    /// `3.14.7t-pbs-20260901`
    pub key: String,
    /// The request in its canonical form.
    pub request: String,
    /// `3.14.7`
    pub version: String,
    /// `t`, as in `sys.abiflags`.
    pub abi: String,
    /// `free-threaded`: the ABI in words.
    pub variant: String,
    /// `linux-x86_64-gnu`
    pub target: String,
    /// `pbs`
    pub provider: String,
    /// The provider's id of the build.
    pub build: Option<String>,
    /// The time of the installation: RFC 3339, UTC.
    pub installed_at: String,
    /// The directory it was installed for. Scripts and build variables contain it.
    pub prefix: PathBuf,
    /// The interpreter, relative to the prefix: `bin/python3.14t`.
    pub executable: String,
    /// The downloaded files.
    pub artifact: Artifact,
    /// The arguments of configure, for a source build.
    #[serde(default)]
    pub flags: Vec<String>,
    /// All options of a source build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compilation: Option<Compilation>,
    /// Each flavour, and the evidence that the build has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proofs: BTreeMap<String, String>,
    /// Missing standard modules, by their familiar names.
    #[serde(default)]
    pub missing_modules: Vec<String>,
    /// The packages chosen by conda's solver, in link order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
    /// A summary of the files.
    pub files: Files,
    /// What the interpreter reported.
    pub probe: Facts,
    /// The package that owns the files, if a package manager installed them.
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
    /// `3.14.7-1`: the version reported by the package manager, if known.
    pub version: Option<String>,
}

/// A downloaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its URL.
    pub url: String,
    /// Its digest.
    pub sha256: Digest,
    /// Its size.
    pub size: u64,
    /// Whether the digest was known in advance. If not, the user explicitly allowed that.
    pub is_pinned: bool,
}

/// A summary of the files of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The number of regular files.
    pub count: usize,
    /// Their total size.
    pub bytes: u64,
    /// The digest of `files.sha256`, which lists their digests.
    pub sha256: Digest,
    /// Symbolic links and their targets.
    pub links: BTreeMap<String, String>,
    /// The digest of `files.modes`; `None` in a receipt of an older ftpy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<Digest>,
}

fn directory(prefix: &Path) -> PathBuf {
    prefix.join(".ftpy")
}

impl Files {
    /// Summarises an inventory.
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
    /// Writes the receipt and the list of files to `made`, a prefix that is not committed yet.
    ///
    /// # Errors
    /// Returns an error if they cannot be written.
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
        let text = serde_json::to_string_pretty(self).map_err(StoreError::ReceiptText)?;
        std::fs::write(&path, text + "\n").map_err(IoFailure::at("write", &path))?;
        Ok(())
    }

    /// Reads the receipt of the installation at `prefix`.
    ///
    /// # Errors
    /// Returns an error if it is missing, damaged, or written by a newer ftpy.
    pub fn read(prefix: &Path) -> Result<Self> {
        let path = directory(prefix).join("receipt.json");
        let damaged = |reason: String| StoreError::InvalidReceipt {
            path: path.clone(),
            reason,
        };
        let text =
            text_file::read(&path, LONGEST).map_err(|unreadable| match unreadable.is_denied {
                true => Failure::from(unreadable),
                false => damaged(unreadable.reason).into(),
            })?;
        let text = text.ok_or_else(|| StoreError::MissingReceipt(path.clone()))?;
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        // The format is checked first: a newer receipt may lack fields that this version expects.
        let Format { format } =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if format > FORMAT {
            return Err(StoreError::NewerReceipt { path, format }.into());
        }
        let read: Self = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        read.check().map_err(damaged)?;
        Ok(read)
    }

    /// Checks the key, which names a directory, and the executable, which is looked up in it.
    fn check(&self) -> std::result::Result<(), String> {
        let unsaid = Target::new("", "", "");
        let Some(key) = Key::from_name(&self.key, &unsaid) else {
            let key = self.key.escape_debug();
            return Err(format!("`{key}` is not a valid installation key"));
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
                "`{}` is not a valid interpreter path for {key}",
                self.executable.escape_debug()
            )),
        }
    }

    /// The format that is written.
    #[must_use]
    pub fn format() -> u32 {
        FORMAT
    }

    /// Reads the list of files and their permissions, verified against the receipt.
    ///
    /// # Errors
    /// Returns an error if it is missing or does not match the receipt.
    pub fn inventory(&self, prefix: &Path) -> Result<Inventory> {
        let read = |name: &str, sha256: Digest| {
            let path = directory(prefix).join(name);
            let text = std::fs::read_to_string(&path).map_err(IoFailure::at("read", &path))?;
            match Digest::of(text.as_bytes()) == sha256 {
                true => Ok((text, path)),
                false => Err(Failure::from(StoreError::Mismatch(path))),
            }
        };
        let (text, path) = read("files.sha256", self.files.sha256)?;
        let inventory = Inventory::parse(&text, self.files.links.clone());
        let mut inventory = inventory.ok_or(StoreError::Mismatch(path))?;
        if let Some(sha256) = self.files.modes {
            let (text, path) = read("files.modes", sha256)?;
            inventory.modes = Modes::parse(&text).ok_or(StoreError::Mismatch(path))?;
        }
        Ok(inventory)
    }
}
