//! What is installed: the names of the directories below `installs/`, and which of them meets
//! a request best. Receipts are not read here: a shim has no time for them.

use crate::file::{Unreadable, is_absent};
use crate::key::{Key, build_rank};
use crate::link_name::LinkName;
use crate::order::Order;
use crate::provider_name::ProviderName;
use crate::request::BuildRequest;
use crate::target::Target;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// In an external installation: the absolute path of its interpreter, and a line feed. A shim
/// reads this and not the receipt.
pub const EXTERNAL: &str = ".ftpy/external";

/// In the root of a store: the file that says that the directory is one. ftpy makes it before
/// anything else; what is below a directory without it is not ftpy's.
pub const MARK: &str = ".ftpy-store";

/// One installation, by its directory's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `3.14.7t-pbs-20260901`
    pub key: Key,
    /// Where it is.
    pub prefix: PathBuf,
}

/// Every installation in a store, as [`read`] orders them; none where it cannot be read.
#[must_use]
pub fn list(store: &Path, host: &Target) -> Vec<Installed> {
    read(store, host).unwrap_or_default()
}

/// Every installation in a store, the newest version first and those of one version in the
/// person's order of sources; none where there is no such directory. A directory whose name is
/// not a key is not ftpy's and is left out; so is everything where the directory is not a store.
///
/// The settings are read only where two sources have the same version: a shim has no time to
/// read what it does not need.
///
/// # Errors
/// Where the directory is there and cannot be read.
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

/// The interpreter that `ftpy link` gave a name.
#[must_use]
pub fn named<'a>(all: &'a [Installed], name: &LinkName) -> Option<&'a Installed> {
    all.iter()
        .find(|one| one.link_name() == Some(name.as_str()))
}

/// Whether a directory has the mark. A cache of a CI system brings installations alone.
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

/// Those of `all` that meet a request, the best first: releases before pre-releases, then the
/// newest, then the sources in their order. `all` is in the order of [`list`].
#[must_use]
pub fn matching(all: &[Installed], request: &BuildRequest, host: &Target) -> Vec<Installed> {
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
    /// The name that `ftpy link` gave it.
    #[must_use]
    pub fn link_name(&self) -> Option<&str> {
        let is_link = self.key.provider == ProviderName::Link;
        self.key.build_id.as_deref().filter(|_| is_link)
    }

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
}

impl Key {
    /// The order of [`list`]. Build ids are compared within one source only: a date says nothing
    /// beside a digest or the name of a link. `order` is asked only where two sources compete.
    pub fn newest_first<'a>(&self, other: &Self, order: impl Fn() -> &'a Order) -> Ordering {
        let version = |key: &Self| (key.build.version, key.build.abi, !key.is_ones_own());
        let by_version = version(other).cmp(&version(self));
        by_version.then_with(|| match self.provider == other.provider {
            true => build_rank(other.build_id.as_deref())
                .cmp(&build_rank(self.build_id.as_deref()))
                // Two links or archives of one version: always the same one.
                .then_with(|| self.to_string().cmp(&other.to_string())),
            false => order()
                .rank(self.provider)
                .cmp(&order().rank(other.provider)),
        })
    }
}
