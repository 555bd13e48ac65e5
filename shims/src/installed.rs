//! What is installed: the names of the directories below `installs/`, and which of them meets
//! a request best. Receipts are not read here: a shim has no time for them.

use crate::key::{Key, build_rank};
use crate::request::BuildRequest;
use crate::target::Target;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// In an external installation: the absolute path of its interpreter, and a line feed. A shim
/// reads this and not the receipt.
pub const EXTERNAL: &str = ".ftpy/external";

/// One installation, by its directory's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `3.14.7t-pbs-20260901`
    pub key: Key,
    /// Where it is.
    pub prefix: PathBuf,
}

/// Every installation below a directory, the newest version first. A directory whose name is
/// no key is not ftpy's and is left out.
#[must_use]
pub fn list(installs: &Path, host: &Target) -> Vec<Installed> {
    let Ok(entries) = std::fs::read_dir(installs) else {
        return Vec::new();
    };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<Installed> = names
        .filter_map(|name| {
            let key = Key::from_name(&name, host)?;
            let prefix = installs.join(&name);
            Some(Installed { key, prefix })
        })
        .collect();
    found.sort_by(Installed::newest_first);
    found
}

/// Those of `all` that meet a request, the best first: releases before pre-releases, then the
/// newest, then the providers in their order. `all` is in the order of [`list`].
#[must_use]
pub fn meeting(all: &[Installed], request: &BuildRequest, host: &Target) -> Vec<Installed> {
    let mut found: Vec<Installed> = all
        .iter()
        .filter(|installed| installed.meets(request, host))
        .cloned()
        .collect();
    if !request.wants_prereleases() {
        // The sort is stable: within the two groups the newest stays first.
        found.sort_by_key(|installed| installed.key.build.version.is_prerelease());
    }
    found
}

impl Installed {
    /// Whether it meets a request: the build, the provider if one is named, and its build.
    #[must_use]
    pub fn meets(&self, request: &BuildRequest, host: &Target) -> bool {
        request.matches(&self.key.build)
            && self.key.build.target == request.target.or_host(host)
            && request
                .provider
                .is_none_or(|provider| provider == self.key.provider)
            && (request.build_id.is_none() || request.build_id == self.key.build_id)
    }

    /// The interpreter; `None` where an external installation does not say where it is.
    #[must_use]
    pub fn interpreter(&self) -> Option<PathBuf> {
        let build = &self.key.build;
        let (major, minor) = build.version.series();
        if !self.key.provider.is_external() {
            let name = format!("python{major}.{minor}{}", build.abi);
            return Some(self.prefix.join("bin").join(name));
        }
        let text = std::fs::read_to_string(self.prefix.join(EXTERNAL)).ok()?;
        let path = PathBuf::from(text.trim_end_matches('\n'));
        path.is_absolute().then_some(path)
    }

    /// The order of [`list`].
    #[must_use]
    pub fn newest_first(&self, other: &Self) -> Ordering {
        fn rank(
            key: &Key,
        ) -> (
            crate::version::Version,
            crate::abi::Abi,
            bool,
            (usize, &str),
        ) {
            let build = build_rank(key.build_id.as_deref());
            (key.build.version, key.build.abi, !key.is_ones_own(), build)
        }
        rank(&other.key)
            .cmp(&rank(&self.key))
            .then_with(|| self.key.provider.cmp(&other.key.provider))
    }
}
