//! Finds existing installations by request or by key.

use crate::external;
use crate::ops::install::target::ExistingInstall;
use crate::resolve::Preferences;
use crate::store::{Installed, Receipt, Store};
use ftpy_core::installed::matching;
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;

/// Which installations may be reused for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// All that match it.
    All,
    /// Only linked interpreters, which no source could install again: for `--reinstall` and
    /// `--dry-run`.
    Linked,
    /// Linked interpreters, and what a new installation would be: for `--upgrade`.
    Newest,
}

/// Returns the installation of a key, if it is complete.
pub(crate) fn of_key(store: &Store, key: &Key) -> Option<ExistingInstall> {
    Some(ExistingInstall {
        receipt: Box::new(store.if_whole(key)?),
        prefix: store.prefix(key),
    })
}

/// Returns the best installation that matches a request.
pub(crate) fn of_request(
    store: &Store,
    request: &BuildRequest,
    preferences: &Preferences,
    host: &Target,
    reuse: Reuse,
) -> Option<ExistingInstall> {
    if reuse != Reuse::All && request.provider != Some(ProviderName::Link) {
        return None;
    }
    let is_wanted = |installed: &Installed| {
        // A pre-release must be requested.
        let is_last_resort =
            installed.key.build.version.is_prerelease() && !request.wants_prereleases();
        let is_from =
            preferences.from.is_empty() || preferences.from.contains(&installed.key.provider);
        // A linked interpreter must be requested, because `install` means to install one. So must a
        // custom build, whose flags differ from upstream's.
        let is_own = installed.key.is_ones_own() && request.build_id.is_none();
        let is_ours =
            !is_own && (installed.key.provider != ProviderName::Link || request.provider.is_some());
        is_from && is_ours && !is_last_resort
    };
    let installed = matching(&store.installed(host), request, host);
    installed
        .into_iter()
        .filter(is_wanted)
        .find_map(|installed| {
            let receipt = Receipt::if_whole(&installed)?;
            // A package that was upgraded since may no longer match.
            let is_package = installed.key.provider == ProviderName::Distro;
            if is_package && external::state(&installed, host) != external::ExternalState::Same {
                return None;
            }
            Some(ExistingInstall {
                receipt: Box::new(receipt),
                prefix: installed.prefix,
            })
        })
}
