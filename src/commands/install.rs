//! `ftpy install`: turns requests into plans and plans into installations, several in parallel.

use crate::cli::Install;
use crate::commands::render::explain::explain;
use crate::commands::render::plan::show_all;
use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::target;
use crate::index::{self, Index};
use crate::ops::active_python::tidy_up;
use crate::ops::build::options;
use crate::ops::context::Context;
use crate::ops::in_use::remember_project;
use crate::ops::install::existing::{self, Reuse};
use crate::ops::install::image;
use crate::ops::install::local_archive::named;
use crate::ops::install::locked;
use crate::ops::install::next_step::suggest_next_step;
use crate::ops::install::pipeline::{self, twins_of_targets};
use crate::ops::install::resolve::{check_machine, resolve};
use crate::ops::install::result::{InstallResult, report};
use crate::ops::install::target::InstallTarget;
use crate::ops::install::unnamed;
use crate::ops::lock::policy::List;
use crate::ops::lock::project::Project;
use crate::ops::lookup_installed;
use crate::ops::session::{index_in_use, with_session};
use crate::resolve::Preferences;
use crate::store::BuildOptions;
use ftpy_core::parse::parse;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Archive, BuildRequest, Request};
use std::collections::HashSet;
use std::sync::Arc;

/// `ftpy install`
pub(super) fn install(context: &Context, arguments: &Install) -> Result<()> {
    if arguments.locked {
        return by_lock(context, arguments, options(context, arguments)?);
    }
    by_choice(context, arguments)
}

/// `ftpy install --locked`
fn by_lock(context: &Context, arguments: &Install, options: Options) -> Result<()> {
    let project = Project::find(context)?;
    let lock = project.fitting_lock(Kind::Usage)?;
    if !arguments.dry_run {
        remember_project(context, &project);
    }
    let named: Result<Vec<BuildRequest>> = arguments
        .requests
        .iter()
        .map(|text| lookup_installed::read(text))
        .collect();
    let named = named?;
    let requests: Vec<&BuildRequest> = match named.as_slice() {
        [] => lock.requests(),
        named => named.iter().collect(),
    };
    if arguments.dry_run {
        let plans = locked::plans(context, lock, &requests, &List::Lock)?;
        let plans = plans.into_iter().map(InstallTarget::Plan);
        let plans: Vec<InstallTarget> = plans.collect();
        return with_session(context, options, async |session| show_all(session, &plans));
    }
    if options.image.is_some() {
        let requests: Vec<BuildRequest> = requests.iter().copied().cloned().collect();
        image::check_requests(&requests, 0)?;
    }
    let outcomes = locked::install(context, lock, &requests, options, &List::Lock)?;
    report(&context.reporter, &outcomes);
    if arguments.to.is_none() {
        suggest_next_step(context, &outcomes);
    }
    Ok(())
}

/// `ftpy install` without `--locked`: chooses the best builds for the requests.
fn by_choice(context: &Context, arguments: &Install) -> Result<()> {
    // All requests are read first, so that an invalid one installs nothing.
    let (archives, requests) = match arguments.requests.as_slice() {
        [] => (Vec::new(), unnamed::requests(context)?),
        texts => read(context, texts)?,
    };
    let options = options(context, arguments)?;
    let preferences = preferences(arguments)?;
    let host = target::detect();
    let requests = dedup(requests);
    let is_image = options.image.is_some();
    if let Some(image) = &options.image {
        let replaces = arguments.reinstall || arguments.dry_run;
        if let Some(there) = image::existing(image, &requests, archives.len(), replaces)? {
            report(&context.reporter, &[InstallResult::Installed(there)]);
            return Ok(());
        }
    }
    if !arguments.dry_run {
        let hint = "`--dry-run` shows the source it would come from";
        check_machine(&requests, &host).map_err(|failure| failure.hint(hint))?;
    }
    let reuse = match arguments.reinstall || arguments.dry_run || is_image {
        true => Reuse::Linked,
        false => Reuse::All,
    };
    if archives.is_empty() && !arguments.twin && !is_image {
        let there =
            |request| existing::of_request(&context.store, request, &preferences, &host, reuse);
        let there = requests
            .iter()
            .map(|one| there(one).map(InstallResult::Installed));
        if let Some(results) = there.collect::<Option<Vec<_>>>() {
            // Nothing to install: this needs no runtime and no index, and takes a few milliseconds.
            tidy_up(context);
            report(&context.reporter, &results);
            return Ok(());
        }
    }
    let results = with_session(context, options, async |session| {
        let mut targets = match archives.as_slice() {
            [] => Vec::new(),
            archives => {
                let index = index_for_archives(session, &requests, &preferences, reuse).await?;
                archive_targets(context, archives, &index.text, &preferences)?
            }
        };
        if arguments.explain {
            let index = index_in_use(session).await?;
            let explained = explain(session, &index.text, &requests, &preferences).await;
            return explained.map(|()| Vec::new());
        }
        targets.extend(resolve(session, &requests, &preferences, reuse).await?);
        image::leave_out_external(session, &mut targets);
        carry_out(session, arguments, targets, &preferences, reuse).await
    })?;
    if !arguments.dry_run {
        report(&context.reporter, &results);
        if !is_image {
            suggest_next_step(context, &results);
        }
    }
    Ok(())
}

/// Installs the targets and, with `--twin`, their twins; with `--dry-run` shows the plans only.
async fn carry_out(
    session: &Arc<Session>,
    arguments: &Install,
    mut targets: Vec<InstallTarget>,
    preferences: &Preferences,
    reuse: Reuse,
) -> Result<Vec<InstallResult>> {
    let mut twins = Vec::new();
    if arguments.twin {
        twins = twins_of_targets(session, &targets, preferences, reuse).await?;
    }
    if arguments.dry_run {
        targets.extend(twins);
        return show_all(session, &targets).map(|()| Vec::new());
    }
    match arguments.twin {
        true => pipeline::install_with_twins(session, targets, &twins, preferences).await,
        false => pipeline::install(session, targets).await,
    }
}

/// Looks up the archives of the command line.
fn archive_targets(
    context: &Context,
    archives: &[Archive],
    index: &str,
    preferences: &Preferences,
) -> Result<Vec<InstallTarget>> {
    let accepts = preferences.allows_unverified;
    let archives = archives.iter();
    let targets =
        archives.map(|archive| named(context, archive, index, accepts).map(InstallTarget::Archive));
    targets.collect()
}

/// Returns the index to look an archive's digest up in. Only requests need one: without them, an
/// index is not downloaded for an archive.
async fn index_for_archives(
    session: &Session,
    requests: &[BuildRequest],
    preferences: &Preferences,
    reuse: Reuse,
) -> Result<Index> {
    let (store, host) = (&session.store, &session.host);
    let needs_index = |request: &BuildRequest| {
        existing::of_request(store, request, preferences, host, reuse).is_none()
    };
    match requests.iter().any(needs_index) {
        true => index_in_use(session).await,
        false => Ok(index::in_use(&session.env, store)),
    }
}

fn dedup(requests: Vec<BuildRequest>) -> Vec<BuildRequest> {
    let mut seen = HashSet::new();
    let is_new = |request: &BuildRequest| seen.insert(request.clone());
    requests.into_iter().filter(is_new).collect()
}

/// Reads requests into archives and builds, each in the given order.
fn read(context: &Context, texts: &[String]) -> Result<(Vec<Archive>, Vec<BuildRequest>)> {
    let (mut archives, mut builds) = (Vec::new(), Vec::new());
    let host = target::detect();
    for text in texts {
        match parse(text)? {
            Request::Archive(archive) => archives.push(archive),
            _ => builds.push(lookup_installed::read_here(context, text, &host)?),
        }
    }
    Ok((archives, builds))
}

fn options(context: &Context, arguments: &Install) -> Result<Options> {
    Ok(Options {
        forbids_building: arguments.no_build,
        runs_scripts: arguments.allow_scripts,
        reinstalls: arguments.reinstall,
        resumes: arguments.resume,
        image: match &arguments.to {
            Some(to) => Some(image::directory(context, to)?),
            None => None,
        },
        ..options::options(context, &arguments.compiling)?
    })
}

fn preferences(arguments: &Install) -> Result<Preferences> {
    let from = lookup_installed::providers(&arguments.from)?;
    if arguments.no_build && from.contains(&ProviderName::Source) {
        let message = "--no-build and --from source contradict each other";
        return Err(Failure::new(Kind::Usage, message));
    }
    Ok(Preferences {
        from,
        allows_unverified: arguments.allow_unverified,
        channels: arguments.channel.clone(),
        wish: BuildOptions::default(),
    })
}
