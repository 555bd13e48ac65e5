//! Installing exactly what a lock says for this machine.

use crate::env::Env;
use crate::error::{Failure, Kind, Result};
use crate::execute::Options;
use crate::host::{apt, target};
use crate::lock::{Lock, LockedBuild, Mirrors, places};
use crate::ops::conda;
use crate::ops::context::Context;
use crate::ops::install::existing;
use crate::ops::install::image;
use crate::ops::install::pipeline;
use crate::ops::install::result::{InstallResult, row};
use crate::ops::install::target::{InstallTarget, existing_only};
use crate::ops::lock::policy::{self, List};
use crate::ops::session::with_session;
use crate::provider::{Candidate, Recipe};
use crate::resolve::{Attempt, Plan};
use crate::secret_url::SecretUrl;
use crate::shim_links;
use crate::store::{Receipt, Store};
use ftpy_core::paste;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;
use std::path::Path;

/// Installs what a lock says for this machine: these requests, each of which must be in it, and
/// exactly the locked bytes or nothing. `list` says where the lock is from.
///
/// # Errors
/// Where one is not in it, or what it says cannot be had; [`Kind::Integrity`] where something
/// else is installed in its place.
pub(crate) fn install(
    context: &Context,
    lock: &Lock,
    requests: &[&BuildRequest],
    options: Options,
    list: &List,
) -> Result<Vec<InstallResult>> {
    let plans = plans(context, lock, requests, list)?;
    let attempts = plans.iter().flat_map(|plan| &plan.attempts);
    let names: Vec<String> = attempts.map(|it| it.candidate.build.name()).collect();
    carry_out(context, plans, options).map_err(|failure| match failure.kind {
        Kind::NotFound | Kind::Network => {
            let names = names.join(", ");
            failure.details([format!("the lock allows exactly these builds: {names}")])
        }
        _ => failure,
    })
}

/// One plan for each request, with exactly one attempt.
pub(crate) fn plans(
    context: &Context,
    lock: &Lock,
    requests: &[&BuildRequest],
    list: &List,
) -> Result<Vec<Plan>> {
    let host = &target::detect();
    let archives = source_archives(&context.env);
    let mirrors = mirrors(&context.env, &archives);
    let plan = |request: &&BuildRequest| {
        let mut candidate = locked(lock, request, host)?;
        conda::ensure_own_channels(&context.env, &mut candidate)?;
        let urls = places(&candidate, &mirrors);
        if let Some(archive) = &mut candidate.archive {
            archive.urls = urls;
        }
        policy::check(context, [&candidate], list)?;
        let is_host = candidate.build.target == *host;
        Ok(Plan::of(
            request.to_string(),
            vec![Attempt::new(candidate, is_host)?],
        ))
    };
    requests.iter().map(plan).collect()
}

/// The machine's own package archives, which keep source tarballs, unless a mirror is named.
pub(crate) fn source_archives(env: &Env) -> Vec<String> {
    match env.source_mirror {
        Some(_) => Vec::new(),
        None => apt::mirrors(Path::new("/")),
    }
}

/// What stands for upstream's places on this machine.
pub(crate) fn mirrors<'a>(env: &'a Env, archives: &'a [String]) -> Mirrors<'a> {
    Mirrors {
        pbs: env.pbs_mirror.as_ref().map(SecretUrl::expose),
        source: env.source_mirror.as_ref().map(SecretUrl::expose),
        archives,
    }
}

/// The build that a request means on a platform.
///
/// # Errors
/// Where it means none there.
pub(crate) fn locked(lock: &Lock, request: &BuildRequest, platform: &Target) -> Result<Candidate> {
    let missing = |message: String| Failure::new(Kind::NotFound, message);
    match lock.entry(request, platform).map(|entry| &entry.found) {
        Some(LockedBuild::Build(candidate)) => Ok(candidate.as_ref().clone()),
        Some(LockedBuild::Nothing(reason)) => {
            let message = format!("no source has {request} for {platform}");
            Err(missing(message).details([reason.clone()]))
        }
        None if lock.requests().contains(&request) => {
            let names: Vec<String> = lock.platforms.iter().map(Target::to_string).collect();
            let message = format!("{request} is not locked for {platform}");
            let platforms = format!("{},{platform}", names.join(","));
            let hint = format!(
                "`{}` adds it",
                paste!["ftpy", "lock", "--platform", platforms]
            );
            Err(missing(message).hint(hint))
        }
        None => {
            let names: Vec<String> = lock.requests().iter().map(ToString::to_string).collect();
            let message = format!("{request} is not in the lock");
            Err(missing(message).details([format!("locked: {}", names.join(", "))]))
        }
    }
}

fn carry_out(context: &Context, plans: Vec<Plan>, options: Options) -> Result<Vec<InstallResult>> {
    let candidates = |plans: &[Plan]| -> Vec<Candidate> {
        let attempts = plans.iter().flat_map(|plan| &plan.attempts);
        attempts.map(|one| one.candidate.clone()).collect()
    };
    let wanted = candidates(&plans);
    if options.forbids_building
        && let Some(one) = wanted
            .iter()
            .find(|one| matches!(one.recipe, Recipe::Compile(_)))
    {
        let message = format!(
            "{} is locked as a source build, which --no-build forbids",
            one.build.name()
        );
        return Err(Failure::new(Kind::Usage, message));
    }
    let store = context.store.clone().placing(options.image.clone());
    let targets: Vec<InstallTarget> = plans
        .into_iter()
        .map(|plan| there_already(&store, plan, options.reinstalls))
        .collect::<Result<_>>()?;
    let there = existing_only(targets);
    let targets = match there {
        Ok(there) => {
            // What an earlier, killed install left out.
            if store.image().is_none() {
                let _ = shim_links::ensure(&store, &target::detect());
            }
            return Ok(there.into_iter().map(InstallResult::Installed).collect());
        }
        Err(targets) => targets,
    };
    let has_packages = wanted
        .iter()
        .any(|one| matches!(one.recipe, Recipe::Conda { .. }));
    let outcomes = with_session(context, options, async |session| {
        if has_packages {
            conda::ensure_connected(session)?;
        }
        pipeline::install(session, targets).await
    })?;
    // Somebody else may have been faster, with other bytes.
    for (outcome, candidate) in outcomes.iter().zip(&wanted) {
        check_same(row(outcome).receipt, candidate)?;
    }
    Ok(outcomes)
}

/// What is installed under the locked key, which then has to be of the locked bytes.
fn there_already(store: &Store, plan: Plan, reinstalls: bool) -> Result<InstallTarget> {
    let Some(attempt) = plan.attempts.first().filter(|_| !reinstalls) else {
        return Ok(InstallTarget::Plan(plan));
    };
    match existing::of_key(store, &attempt.key) {
        None => {
            store.image().map_or(Ok(()), image::check_replaced)?;
            Ok(InstallTarget::Plan(plan))
        }
        Some(existing) => {
            check_same(&existing.receipt, &attempt.candidate)?;
            Ok(InstallTarget::Installed(existing))
        }
    }
}

/// Fails where an installation was made of other bytes, or in another way, than a lock says.
fn check_same(receipt: &Receipt, candidate: &Candidate) -> Result<()> {
    let is_same = match &candidate.recipe {
        Recipe::Conda { packages } => {
            let digests = |packages: &[crate::store::Package]| {
                let digests = packages.iter().map(|one| one.sha256);
                digests.collect::<Vec<_>>()
            };
            digests(packages) == digests(&receipt.packages)
        }
        Recipe::Compile(how) => {
            // An older ftpy kept only what configure was given.
            let made = receipt.compilation.as_ref();
            let configure = made.map_or(&receipt.flags, |made| &made.configure);
            Some(receipt.artifact.sha256) == candidate.sha256() && *configure == how.configure
        }
        _ => Some(receipt.artifact.sha256) == candidate.sha256(),
    };
    if is_same {
        return Ok(());
    }
    let key = &receipt.key;
    let message = format!("{key} is installed from other bytes than the lock file specifies");
    Err(Failure::new(Kind::Integrity, message)
        .hint("run `ftpy install --locked --reinstall` to replace it"))
}
