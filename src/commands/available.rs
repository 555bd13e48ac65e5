//! `ftpy list --available`: lists the builds that can be installed, and their sources.

use crate::cli::List;
use crate::error::Result;
use crate::ops::available_builds::{ListedSources, available, newest};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use ftpy_core::request::{Build, BuildRequest};
use ftpy_core::target::Target;
use serde::Serialize;

/// One available build.
#[derive(Serialize)]
struct AvailableRow {
    /// The request that means exactly this build.
    request: String,
    version: String,
    abi: &'static str,
    variant: &'static str,
    /// Its sources, in order of preference.
    providers: Vec<&'static str>,
    is_installed: bool,
}

/// `ftpy list --available`
pub(super) fn list(context: &Context, arguments: &List, host: &Target) -> Result<()> {
    let requests = arguments.filters.iter();
    let requests: Vec<BuildRequest> = requests
        .map(|text| lookup_installed::read(text))
        .collect::<Result<_>>()?;
    let sources = ListedSources {
        from: &lookup_installed::providers(&arguments.from)?,
        channels: &arguments.channel,
    };
    let found = available(context, &requests, &sources, host)?;
    let installed = context.store.installed(host);
    let rows = newest(found, arguments.all)
        .into_iter()
        .map(|((version, abi), providers)| {
            let is_it = |build: &Build| build.version == version && build.abi == abi;
            AvailableRow {
                request: format!("{version}{abi}"),
                version: version.to_string(),
                abi: abi.flags(),
                variant: abi.words(),
                providers: providers.iter().map(|provider| provider.name()).collect(),
                is_installed: installed
                    .iter()
                    .any(|installed| is_it(&installed.key.build)),
            }
        });
    let rows: Vec<AvailableRow> = rows.collect();
    if context.reporter.is_json() {
        context.reporter.json(&rows);
        return Ok(());
    }
    if rows.is_empty() {
        context
            .reporter
            .say("no available build matches the request");
    }
    let cells = rows.iter().map(|row| {
        let mark = if row.is_installed { "installed" } else { "" };
        vec![
            row.request.clone(),
            row.variant.to_owned(),
            row.providers.join(", "),
            mark.to_owned(),
        ]
    });
    let rows: Vec<Vec<String>> = cells.collect();
    context
        .reporter
        .table(&["REQUEST", "VARIANT", "SOURCES", "STATE"], &rows);
    Ok(())
}
