//! `ftpy install --twin`: installs the twin of each build, which differs from it only by the GIL,
//! so that a comparison of the two compares nothing else.

use crate::error::{Failure, Kind, Result};
use crate::ops::lookup_installed::with_threading;
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Versions};
use ftpy_core::target::TargetRequest;
use ftpy_core::version::Partial;

/// Returns the request for an installation's twin: the same version, provider, build and flavours.
///
/// # Errors
/// Returns an error if its provider has no twins.
pub(crate) fn request(key: &Key) -> Result<BuildRequest> {
    let none = |why: &str| {
        let message = format!("{key} has no twin: {why}");
        Failure::new(Kind::Usage, message).hint("request both builds by name instead")
    };
    let build_id = match key.provider {
        ProviderName::Pbs => key.build_id.clone(),
        // conda numbers the builds of the two variants independently.
        ProviderName::Conda => None,
        ProviderName::Source if !key.is_ones_own() => None,
        ProviderName::Source => {
            return Err(none("it is a custom build; use `ftpy build`"));
        }
        ProviderName::Distro => return Err(none("distributions package the GIL build separately")),
        ProviderName::Archive => return Err(none("it comes from an archive")),
        ProviderName::Link => return Err(none("ftpy did not install it")),
    };
    let build = &key.build;
    let target = match key.is_host {
        true => TargetRequest::default(),
        false => TargetRequest {
            os: Some(build.target.os.clone()),
            arch: Some(build.target.arch.clone()),
            libc: Some(build.target.libc.clone()),
        },
    };
    let version = build.version;
    let request = BuildRequest {
        provider: Some(key.provider),
        versions: Versions::Partial(Partial {
            major: version.major,
            minor: Some(version.minor),
            patch: Some(version.patch),
            stage: version.is_prerelease().then_some(version.stage),
        }),
        abi: build.abi,
        flavours: build.flavours.clone(),
        prereleases: false,
        target,
        build_id,
    };
    with_threading(request, build.abi.threading.other())
}
