//! The versions in the list of builds that are nearest to a version that it lacks.

use crate::manifest::pbs::rows;
use crate::manifest::source;
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
/// `3.14.8t`. Pre-releases count only for a pre-release. With `compiles`, a nearer version whose
/// source is known follows: `source:3.14.10t`.
pub(super) fn nearest(
    list: &str,
    request: &BuildRequest,
    host: &Target,
    compiles: bool,
) -> Vec<String> {
    let prebuilt = nearest_builds(list, request, host);
    let mut names: Vec<String> = prebuilt
        .iter()
        .map(|one| name(*one, request, host))
        .collect();
    let Some(wanted) = wanted(request).filter(|_| compiles) else {
        return names;
    };
    let sources = source::rows(source::EMBEDDED).map(|row| row.version);
    let sources: BTreeSet<Version> = sources
        .filter(|version| version.series() == wanted.series())
        .filter(|version| request.wants_prereleases() || !version.is_prerelease())
        .collect();
    let (below, above) = neighbours(&sources, &wanted);
    let is_nearer = |version: &&Version| {
        !prebuilt.iter().any(|other| match **version < wanted {
            true => *version <= other && *other < wanted,
            false => wanted < *other && other <= *version,
        })
    };
    let nearer = below.iter().chain(&above).filter(is_nearer);
    names.extend(nearer.map(|one| format!("source:{}", name(*one, request, host))));
    names
}

/// The version that a request names.
fn wanted(request: &BuildRequest) -> Option<Version> {
    let Versions::Partial(wanted) = &request.versions else {
        return None;
    };
    Some(Version {
        major: wanted.major,
        minor: wanted.minor.unwrap_or(0),
        patch: wanted.patch.unwrap_or(0),
        stage: wanted.stage.unwrap_or(Stage::Final),
    })
}

/// The nearest older and the nearest newer version.
fn neighbours(
    versions: &BTreeSet<Version>,
    wanted: &Version,
) -> (Option<Version>, Option<Version>) {
    let below = versions.range(..wanted).next_back().copied();
    let mut above = versions.range(wanted..).copied();
    (below, above.find(|version| version != wanted))
}

/// The nearest versions in the list of builds.
fn nearest_builds(list: &str, request: &BuildRequest, host: &Target) -> Vec<Version> {
    let target = request.target.or_host(host);
    let with_prereleases = request.wants_prereleases();
    let is_candidate = |version: &Version| with_prereleases || !version.is_prerelease();
    let fits = rows(list, is_candidate)
        .flatten()
        .filter(|row| row.name.abi == request.abi && row.name.target == target);
    let versions: BTreeSet<Version> = fits.map(|row| row.name.version).collect();
    let Some(wanted) = wanted(request) else {
        return versions.last().copied().into_iter().collect();
    };
    let (below, above) = neighbours(&versions, &wanted);
    let found: Vec<Version> = below.into_iter().chain(above).collect();
    // One of another minor version is not near if there is one of the same.
    let is_same = |version: &&Version| version.series() == wanted.series();
    let same: Vec<Version> = found.iter().filter(is_same).copied().collect();
    match same.is_empty() {
        true => found,
        false => same,
    }
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
