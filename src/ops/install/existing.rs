//! Whether something is installed already: by a request, or by its key.

use crate::external;
use crate::ops::install::target::ExistingInstall;
use crate::resolve::Preferences;
use crate::store::{Installed, Receipt, Store};
use ftpy_core::installed::matching;
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;

/// Which installations count for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// All that meet it.
    All,
    /// Only linked interpreters, which no source could make again: for `--reinstall` and
    /// `--dry-run`.
    Linked,
}

/// The installation of a key, if it is whole.
pub(crate) fn of_key(store: &Store, key: &Key) -> Option<ExistingInstall> {
    Some(ExistingInstall {
        receipt: Box::new(store.if_whole(key)?),
        prefix: store.prefix(key),
    })
}

/// The best installation that meets a request.
pub(crate) fn of_request(
    store: &Store,
    request: &BuildRequest,
    preferences: &Preferences,
    host: &Target,
    reuse: Reuse,
) -> Option<ExistingInstall> {
    if reuse == Reuse::Linked && request.provider != Some(ProviderName::Link) {
        return None;
    }
    let is_wanted = |installed: &Installed| {
        // A pre-release stands in only until there is a release.
        let is_last_resort =
            installed.key.build.version.is_prerelease() && !request.wants_prereleases();
        let is_from =
            preferences.from.is_empty() || preferences.from.contains(&installed.key.provider);
        // What was there already was not what "install" means.
        // Nor is a build of one's own, with flags that nobody else has.
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
            // The package manager may have upgraded it: then it is not what is wanted.
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
