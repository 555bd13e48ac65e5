//! Selects and orders candidates.

use crate::manifest::releases::{Support, minor};
use crate::provider::{Candidate, Offer, Query};
use crate::resolve::plan::{Attempt, Plan, Rejection};
use crate::store::BuildOptions;
use ftpy_core::key::build_rank;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use ftpy_core::version::Version;
use std::cmp::Reverse;

/// What restricts the choice, in addition to the request.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// `--from pbs,source`: only these, in this order; all in the default order if empty.
    pub from: Vec<ProviderName>,
    /// Whether a candidate without a known digest is acceptable.
    pub allows_unverified: bool,
    /// `--channel`: these conda channels instead of the default ones.
    pub channels: Vec<String>,
    /// Options of a build from source that a request cannot express.
    pub wish: BuildOptions,
}

/// Chooses from the offers, which are in the order of the providers.
///
/// The newest version of the first provider comes first, then its older ones, then the next
/// provider: an older patch as an archive beats a newer one that must be compiled.
/// A pre-release is chosen only if it was requested, or if nothing else matches.
#[must_use]
pub fn plan(query: &Query, offers: Vec<Offer>, preferences: &Preferences) -> Plan {
    let mut rejections = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for mut offer in offers {
        let provider = offer.provider;
        let reasons = std::mem::take(&mut offer.rejections).into_iter();
        rejections.extend(reasons.map(|reason| Rejection { provider, reason }));
        offer.candidates.sort_by(|a, b| rank(b).cmp(&rank(a)));
        candidates.extend(offer.candidates);
    }
    if !preferences.allows_unverified {
        rejections.extend(reject_unverified(&mut candidates));
    }
    let mut notes = Vec::new();
    notes.extend(prefer_releases(query, &mut candidates));
    notes.extend(newer_elsewhere(&candidates));
    notes.extend(candidates.first().and_then(lifecycle_note));
    let is_host = query.target == query.host;
    let request = Request::Build(query.request.clone()).to_string();
    let mut attempts = Vec::new();
    for candidate in candidates {
        let provider = candidate.provider;
        match Attempt::new(candidate, is_host) {
            Ok(attempt) => attempts.push(attempt),
            Err(failure) => rejections.push(Rejection {
                provider,
                reason: failure.to_string(),
            }),
        }
    }
    Plan {
        rejections,
        notes,
        ..Plan::of(request, attempts)
    }
}

/// The sort key of the builds of one provider; the highest is the first choice.
fn rank(candidate: &Candidate) -> (Version, (bool, usize, &str), Reverse<u8>) {
    let build = build_rank(candidate.build_id.as_deref());
    let archive = Reverse(archive_rank(candidate.file()));
    (candidate.build.version, build, archive)
}

/// Removes candidates without a digest, and returns the reasons.
fn reject_unverified(candidates: &mut Vec<Candidate>) -> Vec<Rejection> {
    let (known, unknown) = std::mem::take(candidates)
        .into_iter()
        .partition(|candidate| candidate.unverified().is_none());
    *candidates = known;
    let unknown: Vec<Candidate> = unknown;
    let rejection = |candidate: &Candidate| {
        let file = candidate.unverified().unwrap_or_default();
        Rejection {
            provider: candidate.provider,
            reason: format!("no sha256 is known for {file} (--allow-unverified accepts it)"),
        }
    };
    unknown.iter().map(rejection).collect()
}

/// Removes pre-releases, unless they were requested or there is no release, in which case it
/// returns a note.
fn prefer_releases(query: &Query, candidates: &mut Vec<Candidate>) -> Option<String> {
    if query.request.wants_prereleases() {
        // Pre-releases compete with the releases of all sources, and lose if older.
        let releases = candidates.iter().map(|candidate| candidate.build.version);
        let newest = releases.filter(|version| !version.is_prerelease()).max();
        candidates.retain(|candidate| {
            let version = candidate.build.version;
            !version.is_prerelease() || newest.is_none_or(|newest| version > newest)
        });
        return None;
    }
    let is_release = |candidate: &Candidate| !candidate.build.version.is_prerelease();
    if candidates.iter().any(is_release) {
        candidates.retain(is_release);
        return None;
    }
    let (versions, name) = (&query.request.versions, candidates.first()?.build.name());
    Some(format!(
        "{versions} has no release yet; taking the pre-release {name}"
    ))
}

/// Returns a note if a later source has a newer version than the first.
fn newer_elsewhere(candidates: &[Candidate]) -> Option<String> {
    let first = candidates.first()?;
    let newest = candidates
        .iter()
        .max_by_key(|candidate| candidate.build.version)?;
    (newest.build.version > first.build.version).then(|| {
        let (name, provider) = (newest.build.name(), newest.provider);
        format!("{name} is newer, from {provider} (`--from {provider}`)")
    })
}

/// The note about the minor version of a candidate.
fn lifecycle_note(candidate: &Candidate) -> Option<String> {
    let minor = minor(&candidate.build.version)?;
    let is_experimental = minor.free_threading == Support::Experimental;
    let applies = candidate.build.abi.is_free_threaded() && is_experimental;
    minor.note.clone().filter(|_| applies)
}

/// The sort key of the archives of one build: stripped, whole, full.
fn archive_rank(file: &str) -> u8 {
    match file {
        _ if file.contains("install_only_stripped") => 0,
        _ if file.contains("install_only") => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;
    use crate::provider::{Pbs, Provider, Source};
    use ftpy_core::parse::parse;
    use ftpy_core::target::Target;

    const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn plan_of(request: &str, index: &str) -> Plan {
        let Ok(Request::Build(request)) = parse(request) else {
            panic!("{request}");
        };
        let query = Query::new(request, &Target::new("linux", "x86_64", "gnu"));
        let pbs = Pbs {
            index,
            mirror: None,
        };
        let source = Source {
            table: manifest::source::EMBEDDED,
            mirror: None,
            archives: &[],
            wish: &BuildOptions::default(),
        };
        let offers = vec![pbs.candidates(&query), source.candidates(&query)];
        plan(&query, offers, &Preferences::default())
    }

    fn keys(plan: &Plan) -> Vec<String> {
        plan.attempts
            .iter()
            .map(|attempt| attempt.key.to_string())
            .collect()
    }

    fn index(blocks: &[(&str, &str, &[&str])]) -> String {
        let mut text = "date 2026-01-01\n".to_owned();
        for (version, build, tails) in blocks {
            text.push_str(&format!("\n{version} {build}\n"));
            for tail in *tails {
                text.push_str(&format!("{DIGEST} x86_64-unknown-linux-gnu-{tail}\n"));
            }
        }
        text
    }

    #[test]
    fn the_newest_patch_and_build_and_the_smallest_archive_come_first() {
        let t = [
            "freethreaded+pgo+lto-full.tar.zst",
            "freethreaded-install_only.tar.gz",
        ];
        let index = index(&[
            ("3.14.2", "20260101", &t),
            (
                "3.14.10",
                "20260301",
                &["freethreaded+pgo+lto-full.tar.zst"],
            ),
            (
                "3.14.10",
                "20260202",
                &["freethreaded-install_only_stripped.tar.gz"],
            ),
        ]);
        let plan = plan_of("3.14t", &index);
        let pbs: Vec<String> = keys(&plan)
            .into_iter()
            .filter(|key| key.contains("pbs"))
            .collect();
        assert_eq!(
            pbs,
            [
                "3.14.10t-pbs-20260301",
                "3.14.10t-pbs-20260202",
                "3.14.2t-pbs-20260101",
                "3.14.2t-pbs-20260101"
            ]
        );
        assert!(plan.attempts[2].candidate.file().contains("install_only"));
        assert_eq!(keys(&plan)[4], "3.14.10t-source", "then the next provider");
    }

    #[test]
    fn a_prerelease_is_the_last_resort_and_said() {
        let tail: &[&str] = &["freethreaded-install_only.tar.gz"];
        let rc = ("3.17.0rc1", "20270901", tail);
        let only = plan_of("3.17t", &index(&[rc]));
        assert_eq!(keys(&only), ["3.17.0rc1t-pbs-20270901"]);
        assert!(
            only.notes[0].contains("taking the pre-release 3.17.0rc1t"),
            "{:?}",
            only.notes
        );
        let both = index(&[
            ("3.17.1", "20271001", tail),
            ("3.17.2rc1", "20271101", tail),
        ]);
        assert_eq!(keys(&plan_of("3.17t", &both)), ["3.17.1t-pbs-20271001"]);
        let dev = plan_of("3.17t-dev", &both);
        assert_eq!(keys(&dev)[0], "3.17.2rc1t-pbs-20271101");
        assert_eq!(
            keys(&plan_of("3.17.2rc1t", &both)),
            ["3.17.2rc1t-pbs-20271101"]
        );
        assert!(keys(&plan_of("3.17.2t", &both)).is_empty());
    }

    #[test]
    fn a_build_without_a_digest_is_not_taken_unasked() {
        let index =
            "3.30.1 20300101\n- x86_64-unknown-linux-gnu-freethreaded-install_only.tar.gz\n";
        let plan = plan_of("3.30t", index);
        assert!(plan.attempts.is_empty());
        assert!(
            plan.rejections
                .iter()
                .any(|reason| reason.reason.contains("no sha256 is known")),
            "{:?}",
            plan.rejections
        );
    }

    #[test]
    fn the_place_of_3_13t_is_said_plainly() {
        let says = |request: &str, text: &str| {
            let plan = plan_of(request, &manifest::pbs::EMBEDDED);
            plan.notes.iter().any(|note| note.contains(text))
        };
        assert!(says("3.13t", "experimental"));
        assert!(!says("3.13", "experimental") && !says("3.14t", "experimental"));
        // The newest of the first source comes first, and a note mentions a newer one elsewhere.
        assert!(says("3.14t", "is newer, from source"));
        // An old pre-release does not beat a release of any source.
        let plan = plan_of("3.15t-dev", &manifest::pbs::EMBEDDED);
        assert!(!plan.attempts[0].candidate.build.version.is_prerelease());
    }
}
