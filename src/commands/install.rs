//! `ftpy install`: turns requests into plans and plans into installations, several in parallel.

use crate::cli::Install;
use crate::commands::render::explain::explain;
use crate::commands::render::plan::show_all;
use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::target;
use crate::ops::active_python::tidy_up;
use crate::ops::build::options;
use crate::ops::context::Context;
use crate::ops::in_use::remember_project;
use crate::ops::install::existing::Reuse;
use crate::ops::install::image;
use crate::ops::install::locked;
use crate::ops::install::next_step::suggest_next_step;
use crate::ops::install::pipeline::{self, twins_of_targets};
use crate::ops::install::requested::Requested;
use crate::ops::install::resolve::{check_machine, resolve};
use crate::ops::install::result::{InstallResult, report};
use crate::ops::install::target::InstallTarget;
use crate::ops::lock::policy::List;
use crate::ops::lock::project::Project;
use crate::ops::lookup_installed;
use crate::ops::session::{index_in_use, with_session};
use crate::resolve::Preferences;
use crate::store::BuildOptions;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
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
    let requested = Requested::read(context, &arguments.requests)?;
    let requests = &requested.builds;
    let options = options(context, arguments)?;
    let preferences = preferences(arguments)?;
    let is_image = options.image.is_some();
    if let Some(image) = &options.image {
        let replaces = arguments.reinstall || arguments.dry_run;
        if let Some(there) = image::existing(image, requests, requested.archives.len(), replaces)? {
            report(&context.reporter, &[InstallResult::Installed(there)]);
            return Ok(());
        }
    }
    if !arguments.dry_run {
        let hint = "`--dry-run` shows the source it would come from";
        check_machine(requests, &target::detect()).map_err(|failure| failure.hint(hint))?;
    }
    let reuse = match arguments.reinstall || arguments.dry_run || is_image {
        true => Reuse::Linked,
        false => Reuse::All,
    };
    if !(arguments.twin || is_image)
        && let Some(results) = requested.existing(context, &preferences, reuse)
    {
        // Nothing to install: this needs no runtime and no index, and takes a few milliseconds.
        tidy_up(context);
        report(&context.reporter, &results);
        return Ok(());
    }
    let results = with_session(context, options, async |session| {
        let archives = requested.archive_targets(context, session, &preferences, reuse);
        let mut targets = archives.await?;
        if arguments.explain {
            let index = index_in_use(session).await?;
            let explained = explain(session, &index.text, requests, &preferences).await;
            return explained.map(|()| Vec::new());
        }
        targets.extend(resolve(session, requests, &preferences, reuse).await?);
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
