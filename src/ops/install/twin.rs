//! `ftpy install --twin`: beside each installation the one that differs from it by the GIL alone,
//! so that a comparison compares nothing else.

use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::ops::install::pipeline::{InstallResult, InstallTarget, check_plans, execute_all, row};
use crate::ops::lookup_installed::with_threading;
use crate::ops::query_providers::choose;
use crate::resolve::{Plan, Preferences};
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{BuildRequest, Versions};
use ftpy_core::target::TargetRequest;
use ftpy_core::version::Partial;
use std::sync::Arc;

/// The request for the twin of an installation: the same version, provider, build and flavours.
///
/// # Errors
/// Where its provider has no twins.
pub(crate) fn twin(key: &Key) -> Result<BuildRequest> {
    let none = |why: &str| {
        let message = format!("{key} has no twin: {why}");
        Failure::new(Kind::Usage, message).hint("name both builds instead")
    };
    let build_id = match key.provider {
        ProviderName::Pbs => key.build_id.clone(),
        // Of conda's builds the two variants have numbers of their own.
        ProviderName::Conda => None,
        ProviderName::Source if !key.is_ones_own() => None,
        ProviderName::Source => {
            return Err(none("it is a build of your own; `ftpy build` makes it"));
        }
        ProviderName::Distro => return Err(none("distributions package the GIL build apart")),
        ProviderName::Archive => return Err(none("an archive is what it is")),
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

/// The plans for the twins of what these plans would install.
pub(crate) async fn plans(
    session: &Session,
    index: &str,
    plans: &[InstallTarget],
    preferences: &Preferences,
) -> Result<Vec<InstallTarget>> {
    let mut found = Vec::new();
    for resolution in plans {
        if let InstallTarget::Plan(Plan { attempts, .. }) = resolution
            && let Some(first) = attempts.first()
        {
            let request = twin(&first.key)?;
            let plan = choose(session, index, request, &own(preferences)).await?;
            found.push(InstallTarget::Plan(plan));
        }
    }
    Ok(found)
}

/// Installs the twins of what was installed. Only then it is known which version that is.
pub(crate) async fn install(
    session: &Arc<Session>,
    index: &str,
    installed: &[InstallResult],
    preferences: &Preferences,
) -> Result<Vec<InstallResult>> {
    let mut all = Vec::new();
    for outcome in installed {
        let request = twin(&read(session, row(outcome).key)?)?;
        let there = session.store.installed(&session.host);
        let there = ftpy_core::installed::matching(&there, &request, &session.host);
        let is_wanted = !session.options.reinstalls;
        let whole = there.into_iter().filter(|_| is_wanted).find_map(|one| {
            let receipt = session.store.if_whole(&one.key)?;
            Some(InstallTarget::Installed(Box::new(receipt), one.prefix))
        });
        all.push(match whole {
            Some(there) => there,
            None => {
                let plan = choose(session, index, request, &own(preferences)).await?;
                InstallTarget::Plan(plan)
            }
        });
    }
    check_plans(&all)?;
    execute_all(session, all).await
}

fn read(session: &Session, key: &str) -> Result<Key> {
    Key::from_name(key, &session.host).ok_or_else(|| {
        let message = format!("{key} has no twin: its key cannot be read");
        Failure::new(Kind::Internal, message)
    })
}

/// A twin comes from where its sibling came from.
fn own(preferences: &Preferences) -> Preferences {
    Preferences {
        from: Vec::new(),
        ..preferences.clone()
    }
}
