//! Lists installations by the names of the directories in `installs/`, and selects the best match
//! for a request. Receipts are not read here, because that would slow down the shims.

use crate::key::{Key, build_rank};
use crate::link_name::LinkName;
use crate::provider_name::ProviderName;
use crate::request::BuildRequest;
use crate::source_order::Order;
use crate::target::Target;
use crate::text_file::{Unreadable, is_absent};
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// A file in an external installation: the absolute path of its interpreter and a line feed.
/// Shims read this instead of the receipt.
pub const EXTERNAL: &str = ".ftpy/external";

/// A file in the root of a store that marks the directory as one. ftpy creates it first; without
/// it, the contents of a directory do not belong to ftpy.
pub const MARK: &str = ".ftpy-store";

/// An installation, identified by its directory name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `3.14.7t-pbs-20260901`
    pub key: Key,
    /// Its directory.
    pub prefix: PathBuf,
}

/// Every installation in a store, ordered as by [`read`]; empty if the store cannot be read.
#[must_use]
pub fn list(store: &Path, host: &Target) -> Vec<Installed> {
    read(store, host).unwrap_or_default()
}

/// Every installation in a store: newest version first, and within a version in the user's order
/// of sources. Empty if there is no store. Directories whose name is not a key are skipped: they
/// do not belong to ftpy.
///
/// The settings are read only if two sources have the same version, to keep the shims fast.
///
/// # Errors
/// Returns an error if the directory exists but cannot be read.
pub fn read(store: &Path, host: &Target) -> Result<Vec<Installed>, Unreadable> {
    if !is_store(store) {
        return Ok(Vec::new());
    }
    let installs = &store.join("installs");
    let entries = match std::fs::read_dir(installs) {
        Ok(entries) => entries,
        Err(error) if is_absent(installs, &error) => return Ok(Vec::new()),
        Err(error) => return Err(Unreadable::new(installs, &error)),
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
    let order = OnceCell::new();
    let order = || order.get_or_init(|| Order::of_store(store));
    found.sort_by(|a, b| a.key.newest_first(&b.key, order));
    Ok(found)
}

/// Every installation in a store, and then in the shared ones. A shared store that cannot be read is
/// left out: nothing else is started instead of what only it has.
///
/// # Errors
/// Returns an error if the first store exists but cannot be read.
pub fn read_all(
    store: &Path,
    shared: &[PathBuf],
    host: &Target,
) -> Result<Vec<Installed>, Unreadable> {
    let mut all = read(store, host)?;
    for other in shared.iter().filter(|other| *other != store) {
        all.extend(list(other, host));
    }
    Ok(all)
}

/// The interpreter that `ftpy link` registered under a name.
#[must_use]
pub fn named<'a>(all: &'a [Installed], name: &LinkName) -> Option<&'a Installed> {
    all.iter()
        .find(|one| one.link_name() == Some(name.as_str()))
}

/// Whether a directory contains the marker. A cache restored by a CI system has only `installs/`.
fn is_store(root: &Path) -> bool {
    if root.join(MARK).is_file() {
        return true;
    }
    let mut entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    entries.all(|entry| {
        ["installs", "lost+found"]
            .iter()
            .any(|name| entry.file_name() == *name)
    })
}

/// The installations in `all` that satisfy a request, best first: releases before pre-releases,
/// then newest first, then by source. `all` must be ordered as by [`list`].
#[must_use]
pub fn matching(all: &[Installed], request: &BuildRequest, host: &Target) -> Vec<Installed> {
    let mut found: Vec<Installed> = all
        .iter()
        .filter(|installed| installed.meets(request, host))
        .cloned()
        .collect();
    if !request.wants_prereleases() {
        // The sort is stable, so each group stays ordered newest first.
        found.sort_by_key(|installed| installed.key.build.version.is_prerelease());
    }
    found
}

impl Installed {
    /// The name that `ftpy link` gave it.
    #[must_use]
    pub fn link_name(&self) -> Option<&str> {
        let is_link = self.key.provider == ProviderName::Link;
        self.key.build_id.as_deref().filter(|_| is_link)
    }

    /// The alias of its minor version and variant: `3.14t`.
    #[must_use]
    pub fn alias(&self) -> String {
        let build = &self.key.build;
        let (major, minor) = build.version.series();
        format!("{major}.{minor}{}{}", build.abi, build.flavours)
    }

    /// Whether it satisfies a request: the build, and the provider and build id if given.
    #[must_use]
    pub fn meets(&self, request: &BuildRequest, host: &Target) -> bool {
        request.matches(&self.key.build)
            && self.key.build.target == request.target.or_host(host)
            && request
                .provider
                .is_none_or(|provider| provider == self.key.provider)
            && (request.build_id.is_none() || request.build_id == self.key.build_id)
    }

    /// The path of an external interpreter that no longer exists.
    #[must_use]
    pub fn gone(&self) -> Option<PathBuf> {
        let is_external = self.key.provider.is_external();
        let interpreter = is_external.then(|| self.interpreter())??;
        matches!(interpreter.try_exists(), Ok(false)).then_some(interpreter)
    }

    /// The interpreter; `None` if an external installation does not record its path.
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
}

impl Key {
    /// The order used by [`list`]. Build ids are compared within one source only, because a date
    /// cannot be compared with a digest or a name. `order` is called only if two sources compete.
    pub fn newest_first<'a>(&self, other: &Self, order: impl Fn() -> &'a Order) -> Ordering {
        let version = |key: &Self| (key.build.version, key.build.abi, !key.is_ones_own());
        let by_version = version(other).cmp(&version(self));
        by_version.then_with(|| match self.provider == other.provider {
            true => build_rank(other.build_id.as_deref())
                .cmp(&build_rank(self.build_id.as_deref()))
                // Makes the order of two links or archives of one version deterministic.
                .then_with(|| self.to_string().cmp(&other.to_string())),
            false => order()
                .rank(self.provider)
                .cmp(&order().rank(other.provider)),
        })
    }
}
