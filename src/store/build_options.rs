//! How a source tree is compiled, as plain data: what a flavour needs, and what the person asked
//! for beside. All of it is in the receipt, so that `--same-as` can do it again.

use crate::digest::Digest;
use ftpy_core::build_id::BuildId;
use ftpy_core::provider_name::ProviderName;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How long the part of a digest is that names a build from source in its key.
const NAME: usize = 8;

/// What a build from source is made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compilation {
    /// What configure is given, without the compiler and its flags.
    pub configure: Vec<String>,
    /// CFLAGS: for the interpreter and for extension modules built with it later.
    #[serde(default)]
    pub cflags: Vec<String>,
    /// CFLAGS_NODIST: for the interpreter alone.
    #[serde(default)]
    pub own_cflags: Vec<String>,
    /// LDFLAGS: for both.
    #[serde(default)]
    pub ldflags: Vec<String>,
    /// LDFLAGS_NODIST: for the interpreter alone.
    #[serde(default)]
    pub own_ldflags: Vec<String>,
    /// What make is given as OPT; `None` leaves what configure chose.
    pub opt: Option<String>,
    /// What the person asked for beside the request.
    #[serde(default)]
    pub wish: BuildOptions,
}

/// What a person asked for beside the request.
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
    /// `--patch`, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// `--source`; upstream's release if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<Tree>,
}

/// A change of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// Where it is.
    pub path: PathBuf,
    /// What it was when the plan was made.
    pub sha256: Digest,
}

/// A source tree of the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// What the person named: a directory, an archive, `URL@REVISION`.
    pub origin: String,
    /// The commit, where git knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Of all its files, with their names.
    pub sha256: Digest,
    /// Where it was laid out for this build.
    #[serde(skip)]
    pub directory: PathBuf,
}

impl Compilation {
    /// What tells this build in its key from the plain one of the same version: the beginning of
    /// the digest of all that was asked for.
    #[must_use]
    pub fn build_id(&self) -> Option<BuildId> {
        if self.wish == BuildOptions::default() {
            return None;
        }
        let mut wish = self.wish.clone();
        // What it is counts, not where it lay.
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
