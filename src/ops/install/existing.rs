//! Whether a request is met already by what is installed.

use crate::external;
use crate::ops::context::Context;
use crate::ops::install::pipeline::InstallTarget;
use crate::ops::lookup_installed;
use crate::resolve::Preferences;
use crate::store::{Installed, Receipt};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;

/// An installation that meets the request.
pub(crate) fn usable(
    context: &Context,
    request: &BuildRequest,
    preferences: &Preferences,
    host: &Target,
) -> Option<InstallTarget> {
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
    let installed = lookup_installed::installed(context, request, host);
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
            Some(InstallTarget::Installed(
                Box::new(receipt),
                installed.prefix,
            ))
        })
}
