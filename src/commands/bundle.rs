//! `ftpy bundle`: writes locked builds into one file, verifies it, or installs from it.

use crate::cli::lock::{Bundle, BundleCreate, BundleInstall, BundleVerify};
use crate::error::Result;
use crate::lock::LockedBuild;
use crate::ops::bundle::{create, install};
use crate::ops::context::Context;
use crate::ops::install::next_step::suggest_next_step;
use crate::ops::install::result::report;
use crate::ops::lock::select::{LockSelection, builds};
use crate::ops::lookup_installed;
use crate::report::text;
use ftpy_core::request::BuildRequest;
use serde_json::json;

/// `ftpy bundle`
pub(super) fn bundle(context: &Context, command: &Bundle) -> Result<()> {
    match command {
        Bundle::Create(arguments) => create(context, arguments),
        Bundle::Install(arguments) => install(context, arguments),
        Bundle::Verify(arguments) => verify(context, arguments),
    }
}

fn create(context: &Context, arguments: &BundleCreate) -> Result<()> {
    let selection = LockSelection {
        requests: &arguments.requests,
        platforms: &arguments.platform,
        from: &[],
        is_newest: false,
    };
    let path = context.env.current_dir.join(&arguments.output);
    let manifest = create::create(context, &selection, &path, arguments.with_ftpy)?;
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    if context.reporter.is_json() {
        let file = path.display().to_string();
        context
            .reporter
            .json(&json!({ "file": file, "size": size, "manifest": manifest }));
        return Ok(());
    }
    let files = text::count(manifest.artifacts().count(), "artifact");
    let (size, path) = (text::bytes(size), path.display());
    context
        .reporter
        .say(format!("bundled {files}, {size}: {path}"));
    Ok(())
}

fn verify(context: &Context, arguments: &BundleVerify) -> Result<()> {
    let path = context.env.current_dir.join(&arguments.file);
    let contents = install::verify(context, &path)?;
    if context.reporter.is_json() {
        let file = path.display().to_string();
        let builds = builds(&contents.lock);
        let builds: Vec<String> = builds.iter().map(|one| one.build.name()).collect();
        context
            .reporter
            .json(&json!({ "file": file, "manifest": contents.manifest, "builds": builds }));
        return Ok(());
    }
    let rows = contents.lock.entries.iter().filter_map(|entry| {
        let LockedBuild::Build(one) = &entry.found else {
            return None;
        };
        let names = [entry.request.to_string(), entry.platform.to_string()];
        Some(
            names
                .into_iter()
                .chain([one.build.name(), one.provider.to_string()])
                .collect(),
        )
    });
    let rows: Vec<Vec<String>> = rows.collect();
    context
        .reporter
        .table(&["REQUEST", "PLATFORM", "BUILD", "SOURCE"], &rows);
    let manifest = &contents.manifest;
    let program = manifest.members.iter().find(|member| member.name == "ftpy");
    if let Some(platform) = program.and_then(|member| member.is.as_deref()) {
        context
            .reporter
            .data(format!("ftpy {} for {platform}", manifest.ftpy));
    }
    let files = text::count(manifest.artifacts().count(), "artifact");
    context
        .reporter
        .say(format!("verified {files}: {}", path.display()));
    Ok(())
}

fn install(context: &Context, arguments: &BundleInstall) -> Result<()> {
    let path = context.env.current_dir.join(&arguments.file);
    let named = (arguments.requests.iter()).map(|text| lookup_installed::read(text));
    let named: Vec<BuildRequest> = named.collect::<Result<_>>()?;
    let outcomes = install::install(context, &path, &named, arguments.reinstall)?;
    report(&context.reporter, &outcomes);
    suggest_next_step(context, &outcomes);
    Ok(())
}
