//! `ftpy list --available`: what can be installed on this machine, and from where.

use crate::cli::List;
use crate::commands::session::with_session;
use crate::commands::start::Context;
use crate::commands::{conda, request};
use crate::error::Result;
use crate::execute::Options;
use crate::index;
use crate::manifest;
use crate::manifest::releases::known_bad;
use crate::provider::can_build;
use crate::report::text;
use ftpy_shims::abi::Abi;
use ftpy_shims::flavour::Flavours;
use ftpy_shims::request::{Build, BuildRequest, ProviderName};
use ftpy_shims::target::Target;
use ftpy_shims::version::Version;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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

/// `ftpy list --available`
pub(super) fn list(
    context: &Context,
    request: Option<&BuildRequest>,
    arguments: &List,
    host: &Target,
) -> Result<()> {
    let found = found(context, request, arguments, host)?;
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
    Ok(())
}

/// What is known, and what conda says where it is asked.
fn found(
    context: &Context,
    request: Option<&BuildRequest>,
    arguments: &List,
    host: &Target,
) -> Result<Found> {
    let mut from = request::providers(&arguments.from)?;
    from.extend(request.and_then(|request| request.provider));
    let index = index::in_use(&context.env, &context.store);
    let asked = Asked {
        request,
        from: &from,
        target: request.map_or_else(|| host.clone(), |request| request.target.or_host(host)),
    };
    let mut found = known(&index.text, &asked, host);
    // Its list is elsewhere: nobody waits for a network unasked.
    if from.contains(&ProviderName::Conda) {
        let of_conda = with_session(context, Options::default(), async |session| {
            conda::interpreters(session, &asked.target, &arguments.channel).await
        })?;
        for (version, abi, number) in of_conda {
            asked.add(
                &mut found,
                version,
                abi,
                (ProviderName::Conda, Some(&number)),
            );
        }
    }
    Ok(found)
}

type Found = BTreeMap<(Version, Abi), BTreeSet<ProviderName>>;

/// What the list is of.
struct Asked<'a> {
    request: Option<&'a BuildRequest>,
    from: &'a [ProviderName],
    target: Target,
}

impl Asked<'_> {
    /// Adds a build, if it is asked for; a provider comes with its name for the build.
    fn add(
        &self,
        found: &mut Found,
        version: Version,
        abi: Abi,
        (provider, build_id): (ProviderName, Option<&str>),
    ) {
        let build = Build {
            version,
            abi,
            flavours: Flavours::default(),
            target: self.target.clone(),
        };
        let meets = match self.request {
            Some(request) => request.matches(&build),
            // Debug builds are for those who ask for them.
            None => !abi.debug,
        };
        let is_from = self.from.is_empty() || self.from.contains(&provider);
        if meets && is_from && known_bad(&build, provider, build_id).is_none() {
            found.entry((version, abi)).or_default().insert(provider);
        }
    }
}

/// Every build that the manifests know and that meets the request, with its providers.
fn known(index: &str, asked: &Asked<'_>, host: &Target) -> Found {
    let (request, target) = (asked.request, &asked.target);
    let mut found = Found::new();
    let covers = |version: &Version| request.is_none_or(|request| request.versions.cover(version));
    for row in manifest::pbs::rows(index, covers).flatten() {
        if row.name.target == *target && row.sha256.is_some() {
            let provider = (ProviderName::Pbs, Some(row.build.as_str()));
            asked.add(&mut found, row.name.version, row.name.abi, provider);
        }
    }
    if target != host || host.os == "windows" {
        return found; // ftpy compiles for this machine only
    }
    for row in manifest::source::rows(manifest::source::EMBEDDED) {
        for abi in ["", "t", "d", "td"].into_iter().filter_map(Abi::from_flags) {
            if can_build(&row.version, abi) {
                asked.add(&mut found, row.version, abi, (ProviderName::Source, None));
            }
        }
    }
    found
}

type Available = ((Version, Abi), BTreeSet<ProviderName>);

/// The newest first; only the newest of each minor, variant and source unless `all`: an install
/// takes the first source's newest, which need not be the newest of all. A pre-release stands
/// only for a minor that has no release.
fn newest(found: Found, all: bool) -> Vec<Available> {
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
    rows.retain(|((version, abi), providers)| {
        let series = (version.series(), *abi);
        let is_shadowed = version.is_prerelease() && released.contains(&series);
        !is_shadowed && seen.insert((series, providers.first().copied()))
    });
    rows
}
