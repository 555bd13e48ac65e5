//! `ftpy list`: what is installed, and what can be.

use crate::cli::List;
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::Result;
use crate::host::target;
use crate::index;
use crate::manifest;
use crate::manifest::releases::known_bad;
use crate::report::text;
use crate::store::Installed;
use ftpy_shims::abi::Abi;
use ftpy_shims::flavour::Flavours;
use ftpy_shims::request::{Build, BuildRequest, ProviderName};
use ftpy_shims::target::Target;
use ftpy_shims::version::Version;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// `ftpy list`
pub(super) fn list(context: &Context, arguments: &List) -> Result<()> {
    let request = arguments
        .request
        .as_deref()
        .map(request::read)
        .transpose()?;
    let host = target::detect();
    if arguments.available {
        list_available(context, request.as_ref(), arguments.all, &host);
        Ok(())
    } else {
        list_installed(context, request.as_ref(), &host)
    }
}

/// One installation.
#[derive(Serialize)]
struct InstalledRow {
    key: String,
    version: String,
    abi: String,
    variant: String,
    provider: String,
    bytes: u64,
    path: PathBuf,
    executable: PathBuf,
    /// What is wrong with it, if its receipt cannot be read.
    problem: Option<String>,
}

fn list_installed(context: &Context, request: Option<&BuildRequest>, host: &Target) -> Result<()> {
    let found = match request {
        Some(request) => request::installed(context, request, host),
        None => context.store.installed(host),
    };
    if found.is_empty()
        && let Some(request) = request
    {
        return Err(request::not_installed(context, request, host));
    }
    let rows: Vec<InstalledRow> = found.iter().map(installed_row).collect();
    if context.reporter.is_json() {
        context.reporter.json(&rows);
        return Ok(());
    }
    if rows.is_empty() {
        context
            .reporter
            .say("nothing is installed; `ftpy install 3.14t` is a beginning");
    }
    let cells = rows.iter().map(|row| {
        let size = match &row.problem {
            None => text::bytes(row.bytes),
            Some(_) => "damaged".to_owned(),
        };
        vec![
            row.key.clone(),
            row.variant.clone(),
            size,
            row.executable.display().to_string(),
        ]
    });
    for line in text::table(&cells.collect::<Vec<_>>()) {
        context.reporter.data(line);
    }
    for row in &rows {
        if let Some(problem) = &row.problem {
            context.reporter.warn(format!(
                "{problem}; `ftpy install --reinstall {}` heals it",
                row.key
            ));
        }
    }
    Ok(())
}

fn installed_row(installed: &Installed) -> InstalledRow {
    let key = &installed.key;
    let receipt = installed.receipt();
    let executable = crate::finalise::executable_name(&key.build);
    InstalledRow {
        key: key.to_string(),
        version: key.build.version.to_string(),
        abi: key.build.abi.flags().to_owned(),
        variant: key.build.abi.words().to_owned(),
        provider: key.provider.name().to_owned(),
        bytes: receipt.as_ref().map_or(0, |receipt| receipt.files.bytes),
        path: installed.prefix.clone(),
        executable: installed.prefix.join("bin").join(executable),
        problem: receipt.err().map(|failure| failure.to_string()),
    }
}

/// One build that can be had.
#[derive(Serialize)]
struct AvailableRow {
    /// What to type for exactly this one.
    request: String,
    version: String,
    abi: &'static str,
    variant: &'static str,
    /// From where, the first choice first.
    providers: Vec<&'static str>,
    is_installed: bool,
}

fn list_available(context: &Context, request: Option<&BuildRequest>, all: bool, host: &Target) {
    let mut found: BTreeMap<(Version, Abi), BTreeSet<ProviderName>> = BTreeMap::new();
    let wanted_target =
        request.map_or_else(|| host.clone(), |request| request.target.or_host(host));
    let mut add = |version: Version, abi: Abi, provider: ProviderName, build_id: Option<&str>| {
        let build = Build {
            version,
            abi,
            flavours: Flavours::default(),
            target: wanted_target.clone(),
        };
        let meets = match request {
            Some(request) => {
                request.matches(&build) && request.provider.is_none_or(|only| only == provider)
            }
            // Debug builds are for those who ask for them.
            None => !abi.debug,
        };
        if meets && known_bad(&build, provider, build_id).is_none() {
            found.entry((version, abi)).or_default().insert(provider);
        }
    };
    let index = index::in_use(&context.env, &context.store);
    let covers = |version: &Version| request.is_none_or(|request| request.versions.cover(version));
    for row in manifest::pbs::rows(&index.text, covers).flatten() {
        if row.name.target == wanted_target && row.sha256.is_some() {
            add(
                row.name.version,
                row.name.abi,
                ProviderName::Pbs,
                Some(&row.build),
            );
        }
    }
    if wanted_target == *host && host.os != "windows" {
        for row in manifest::source::rows(manifest::source::EMBEDDED) {
            for flags in ["", "t", "d", "td"] {
                let Some(abi) = Abi::from_flags(flags) else {
                    continue;
                };
                let first = ftpy_shims::parse::FIRST_FREE_THREADED_MINOR;
                if !abi.is_free_threaded() || row.version.minor >= first {
                    add(row.version, abi, ProviderName::Source, None);
                }
            }
        }
    }
    let installed = context.store.installed(host);
    let rows = newest(found, all)
        .into_iter()
        .map(|((version, abi), providers)| AvailableRow {
            request: format!("{version}{abi}"),
            version: version.to_string(),
            abi: abi.flags(),
            variant: abi.words(),
            providers: providers.iter().map(|provider| provider.name()).collect(),
            is_installed: installed.iter().any(|installed| {
                installed.key.build.version == version && installed.key.build.abi == abi
            }),
        });
    let rows: Vec<AvailableRow> = rows.collect();
    if context.reporter.is_json() {
        context.reporter.json(&rows);
        return;
    }
    if rows.is_empty() {
        context
            .reporter
            .say("nothing that meets the request is known");
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
    for line in text::table(&cells.collect::<Vec<_>>()) {
        context.reporter.data(line);
    }
}

type Available = ((Version, Abi), BTreeSet<ProviderName>);

/// The newest first; only the newest of each minor and variant unless `all`. A pre-release
/// stands only for a minor that has no release.
fn newest(found: BTreeMap<(Version, Abi), BTreeSet<ProviderName>>, all: bool) -> Vec<Available> {
    let mut rows: Vec<Available> = found.into_iter().collect();
    rows.sort_by(|((a, abi_a), _), ((b, abi_b), _)| b.cmp(a).then(abi_b.cmp(abi_a)));
    if all {
        return rows;
    }
    let released: BTreeSet<((u16, u16), Abi)> = rows
        .iter()
        .filter(|((version, _), _)| !version.is_prerelease())
        .map(|((version, abi), _)| (version.series(), *abi))
        .collect();
    let mut seen = BTreeSet::new();
    rows.retain(|((version, abi), _)| {
        let series = (version.series(), *abi);
        let is_shadowed = version.is_prerelease() && released.contains(&series);
        !is_shadowed && seen.insert(series)
    });
    rows
}
