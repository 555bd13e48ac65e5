//! The options of a source build as plain data: those of its flavours and those the user gave.
//! The receipt contains all of them, so that `--same-as` can repeat the build.

use crate::digest::Digest;
use ftpy_core::build_id::BuildId;
use ftpy_core::provider_name::ProviderName;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The length of the digest prefix that identifies a source build in its key.
const NAME: usize = 8;

/// The options of a source build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compilation {
    /// Arguments of configure, without the compiler and its flags.
    pub configure: Vec<String>,
    /// CFLAGS: for the interpreter, and for extension modules built with it later.
    #[serde(default)]
    pub cflags: Vec<String>,
    /// CFLAGS_NODIST: for the interpreter only.
    #[serde(default)]
    pub own_cflags: Vec<String>,
    /// LDFLAGS: for both.
    #[serde(default)]
    pub ldflags: Vec<String>,
    /// LDFLAGS_NODIST: for the interpreter only.
    #[serde(default)]
    pub own_ldflags: Vec<String>,
    /// OPT for make; `None` keeps the value that configure chose.
    pub opt: Option<String>,
    /// The options given by the user.
    #[serde(default)]
    pub wish: BuildOptions,
}

/// The options given by the user in addition to the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildOptions {
    /// `--configure-arg`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configure: Vec<String>,
    /// `--cflags`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cflags: Option<String>,
    /// `--ldflags`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldflags: Option<String>,
    /// `--cc`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc: Option<String>,
    /// `--with-tests`
    #[serde(default)]
    pub with_tests: bool,
    /// `--patch`, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// `--source`; upstream's release if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<Tree>,
}

/// A patch for the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// Its path.
    pub path: PathBuf,
    /// Its digest when the plan was made.
    pub sha256: Digest,
}

/// A custom source tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// What the user gave: a directory, an archive, or `URL@REVISION`.
    pub origin: String,
    /// The commit, if it is a git checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The digest of all files and their names.
    pub sha256: Digest,
    /// Where it was checked out for this build.
    #[serde(skip)]
    pub directory: PathBuf,
}

impl Compilation {
    /// The id that distinguishes this build from the default one of the same version: the prefix of
    /// the digest of all options.
    #[must_use]
    pub fn build_id(&self) -> Option<BuildId> {
        if self.wish == BuildOptions::default() {
            return None;
        }
        let mut wish = self.wish.clone();
        // The contents count, not the location.
        for patch in &mut wish.patches {
            patch.path = PathBuf::new();
        }
        if let Some(tree) = &mut wish.tree {
            tree.origin = String::new();
            tree.commit = None;
        }
        let text = serde_json::to_string(&wish).unwrap_or_default();
        let digest = Digest::of(text.as_bytes()).to_string();
        BuildId::parse(ProviderName::Source, &digest[..NAME])
    }
}
