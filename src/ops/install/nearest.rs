//! The versions in the list of builds that are nearest to a version that it lacks.

use crate::manifest::pbs::rows;
use ftpy_core::request::{Build, BuildRequest, Versions};
use ftpy_core::target::Target;
use ftpy_core::version::{Stage, Version};
use std::collections::BTreeSet;

/// Returns whether the list contains the version that a request names, and its build.
pub(super) fn knows(list: &str, request: &BuildRequest) -> bool {
    let is_build = |build: &str| {
        let named = request.build_id.as_ref();
        named.is_none_or(|named| named.as_str() == build)
    };
    rows(list, |version| request.versions.cover(version))
        .flatten()
        .any(|row| is_build(&row.build))
}

/// Returns the names of the nearest versions of the same variant and platform, the older one first:
/// `3.14.8t`. Pre-releases count only for a pre-release.
pub(super) fn nearest(list: &str, request: &BuildRequest, host: &Target) -> Vec<String> {
    let target = request.target.or_host(host);
    let with_prereleases = request.wants_prereleases();
    let is_candidate = |version: &Version| with_prereleases || !version.is_prerelease();
    let fits = rows(list, is_candidate)
        .flatten()
        .filter(|row| row.name.abi == request.abi && row.name.target == target);
    let versions: BTreeSet<Version> = fits.map(|row| row.name.version).collect();
    let Versions::Partial(wanted) = &request.versions else {
        return versions
            .last()
            .map(|one| name(*one, request, host))
            .into_iter()
            .collect();
    };
    let wanted = Version {
        major: wanted.major,
        minor: wanted.minor.unwrap_or(0),
        patch: wanted.patch.unwrap_or(0),
        stage: wanted.stage.unwrap_or(Stage::Final),
    };
    let below = versions.range(..wanted).next_back();
    let above = versions.range(wanted..).find(|version| **version != wanted);
    let found: Vec<Version> = below.into_iter().chain(above).copied().collect();
    // One of another minor version is not near if there is one of the same.
    let is_same = |version: &&Version| version.series() == wanted.series();
    let same: Vec<&Version> = found.iter().filter(is_same).collect();
    let chosen = match same.is_empty() {
        true => found.iter().collect(),
        false => same,
    };
    chosen
        .into_iter()
        .map(|version| name(*version, request, host))
        .collect()
}

fn name(version: Version, request: &BuildRequest, host: &Target) -> String {
    let build = Build {
        version,
        abi: request.abi,
        flavours: request.flavours.clone(),
        target: host.clone(),
    };
    build.name()
}
