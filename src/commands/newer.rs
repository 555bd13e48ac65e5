//! What is newer than what is installed: shared by `ftpy upgrade` and `ftpy outdated`.

use crate::commands::choose::{ORDER, choose};
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::host::target;
use crate::link::alias_of;
use crate::resolve::{Attempt, Plan, Preferences};
use crate::store::Installed;
use ftpy_shims::key::build_rank;
use ftpy_shims::request::{BuildRequest, ProviderName, Versions};
use ftpy_shims::version::Partial;

/// The newest installation of a minor and variant, and how to get a newer one.
pub(super) struct Newer {
    /// `3.14t`
    pub(super) alias: String,
    /// What is there.
    pub(super) current: Installed,
    /// Attempts that would be newer, the best first; none if there is nothing newer.
    pub(super) plan: Plan,
    /// What only a later source has, with the command that takes it.
    pub(super) elsewhere: Option<String>,
}

/// The newest installation of each minor and variant that meets one of the requests, or of all.
pub(super) fn groups(context: &Context, requests: &[String]) -> Result<Vec<Installed>> {
    let host = target::detect();
    let requests: Vec<BuildRequest> = requests
        .iter()
        .map(|text| upgradable(text))
        .collect::<Result<_>>()?;
    let mut all = context.store.installed(&host);
    // Within the two groups the newest stays first: a release stands before a pre-release.
    all.sort_by_key(|installed| installed.key.build.version.is_prerelease());
    for request in &requests {
        if !all.iter().any(|installed| installed.meets(request, &host)) {
            return Err(request::not_installed(context, request, &host));
        }
    }
    let mut found: Vec<Installed> = Vec::new();
    for installed in all {
        let is_asked = requests.is_empty()
            || requests
                .iter()
                .any(|request| installed.meets(request, &host));
        let is_known = found.iter().any(|one| is_one_group(one, &installed));
        let is_ours = installed.key.is_host && !installed.key.provider.is_external();
        if is_ours && is_asked && !is_known {
            found.push(installed);
        }
    }
    found.sort_by(Installed::newest_first);
    Ok(found)
}

fn is_one_group(a: &Installed, b: &Installed) -> bool {
    alias_of(a) == alias_of(b)
}

/// A request for which "newer" means something.
fn upgradable(text: &str) -> Result<BuildRequest> {
    let request = request::read(text)?;
    if request.versions.is_exact() || request.build_id.is_some() {
        let message = format!("{text} names one patch, which stays what it is");
        return Err(Failure::new(Kind::Usage, message).hint(
            "name a minor version: `ftpy upgrade 3.14t`; `ftpy install` installs another patch",
        ));
    }
    Ok(request)
}

/// How to get a newer one, from the source that the installed one is of or one before it:
/// nobody who has an archive waits for a compiler unasked.
pub(super) async fn newer(session: &Session, index: &str, current: Installed) -> Result<Newer> {
    let build = &current.key.build;
    let versions = Versions::Partial(Partial {
        major: build.version.major,
        minor: Some(build.version.minor),
        patch: None,
        stage: None,
    });
    let request = BuildRequest {
        flavours: build.flavours.clone(),
        prereleases: build.version.is_prerelease(),
        ..BuildRequest::of(versions, build.abi)
    };
    // What a package manager has is its own to upgrade: it is not even asked. Whoever has one of
    // conda's asks conda for a newer one; the others need not.
    let is_asked = |provider: &ProviderName| match provider {
        ProviderName::Conda => current.key.provider == ProviderName::Conda,
        provider => !provider.is_external(),
    };
    let preferences = Preferences {
        from: ORDER.into_iter().filter(is_asked).collect(),
        ..Preferences::default()
    };
    let mut plan = choose(session, index, request, &preferences).await?;
    let elsewhere = elsewhere(&plan, &current);
    plan.attempts.retain(|attempt| is_newer(attempt, &current));
    plan.notes.clear();
    Ok(Newer {
        alias: alias_of(&current),
        current,
        plan,
        elsewhere,
    })
}

/// The newest that a later source has, if it is newer than all that an upgrade would take.
fn elsewhere(plan: &Plan, current: &Installed) -> Option<String> {
    let ours = plan
        .attempts
        .iter()
        .filter(|attempt| is_newer(attempt, current));
    let ours = ours.map(|attempt| attempt.candidate.build.version).max();
    let ours = ours.unwrap_or(current.key.build.version);
    let later = plan.attempts.iter().filter(|attempt| {
        attempt.candidate.provider > current.key.provider && attempt.candidate.build.version > ours
    });
    let newest = later.max_by_key(|attempt| attempt.candidate.build.version)?;
    let (name, provider) = (newest.candidate.build.name(), newest.candidate.provider);
    Some(format!(
        "{name} is newer, from {provider}: `ftpy install {provider}:{name}`"
    ))
}

fn is_newer(attempt: &Attempt, current: &Installed) -> bool {
    let candidate = &attempt.candidate;
    let key = &current.key;
    let is_later_build = candidate.build.version == key.build.version
        && candidate.provider == key.provider
        && build_rank(candidate.build_id.as_deref()) > build_rank(key.build_id.as_deref());
    candidate.provider <= key.provider
        && (candidate.build.version > key.build.version || is_later_build)
}

impl Newer {
    /// The key of what would be installed.
    pub(super) fn next(&self) -> Option<String> {
        self.plan
            .attempts
            .first()
            .map(|attempt| attempt.key.to_string())
    }
}
