//! `ftpy list --available`: what can be installed on this machine, and from where.

use crate::cli::List;
use crate::error::{Kind, Result};
use crate::execute::Options;
use crate::index;
use crate::manifest;
use crate::manifest::releases::known_bad;
use crate::ops::conda;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::ops::query_providers::usual;
use crate::ops::session::with_session;
use crate::policy::{self, Policy};
use crate::provider::{Source, can_build};
use crate::report::text;
use crate::secret_url::SecretUrl;
use crate::store::BuildOptions;
use ftpy_core::abi::Abi;
use ftpy_core::flavour::Flavours;
use ftpy_core::order::Order;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Build, BuildRequest};
use ftpy_core::target::Target;
use ftpy_core::version::Version;
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
) -> Result<AvailableBuilds> {
    let mut from = lookup_installed::providers(&arguments.from)?;
    from.extend(request.and_then(|request| request.provider));
    let order = usual(&context.store)?;
    let is_named = !from.is_empty();
    let policy = policy::read()?;
    // Its list is elsewhere: the network is used only where the person named it, or where the
    // policy lets an install ask it first.
    let asks_conda = match is_named {
        true => from.contains(&ProviderName::Conda),
        false if order.is_own() => order.named().contains(&ProviderName::Conda),
        false => {
            let mut sources = order.named().iter();
            sources.find(|name| policy.allows_source(**name).is_ok()) == Some(&ProviderName::Conda)
        }
    };
    if !is_named {
        from = order.named().to_vec();
    }
    let index = index::in_use(&context.env, &context.store);
    let asked = ListQuery {
        request,
        from: &from,
        target: request.map_or_else(|| host.clone(), |request| request.target.or_host(host)),
        policy,
    };
    let mut found = known(context, &index.text, &asked, host);
    if asks_conda && asked.allows(ProviderName::Conda) {
        let of_conda = with_session(context, Options::default(), async |session| {
            conda::interpreters(session, &asked.target, &arguments.channel).await
        });
        let of_conda = match of_conda {
            Ok(of_conda) => of_conda,
            // The other sources are shown all the same.
            Err(failure)
                if !is_named && ![Kind::Interrupted, Kind::Forbidden].contains(&failure.kind) =>
            {
                let failure = failure.message;
                let text = format!("the builds of conda are not listed: {failure}");
                context.reporter.warn(text);
                Vec::new()
            }
            Err(failure) => return Err(failure),
        };
        for (version, abi, number) in of_conda {
            let provider = (ProviderName::Conda, Some(number.as_str()));
            asked.add(&mut found, (version, abi), provider, &[]);
        }
    }
    Ok(sorted(found, &order))
}

/// The sources of each build, the person's first choice first.
fn sorted(mut found: AvailableBuilds, order: &Order) -> AvailableBuilds {
    for providers in found.values_mut() {
        providers.sort_by_key(|provider| order.rank(*provider));
    }
    found
}

type AvailableBuilds = BTreeMap<(Version, Abi), Vec<ProviderName>>;

/// What the list is of.
struct ListQuery<'a> {
    request: Option<&'a BuildRequest>,
    from: &'a [ProviderName],
    target: Target,
    policy: Policy,
}

impl ListQuery<'_> {
    /// Whether a source is asked for, and may be.
    fn allows(&self, provider: ProviderName) -> bool {
        self.from.contains(&provider) && self.policy.allows_source(provider).is_ok()
    }

    /// Adds a build, if it is asked for and an install may take it; a provider comes with its
    /// name for the build. `urls` are where it would come from, empty where that was judged.
    fn add(
        &self,
        found: &mut AvailableBuilds,
        (version, abi): (Version, Abi),
        (provider, build_id): (ProviderName, Option<&str>),
        urls: &[String],
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
        let policy = &self.policy;
        let may_come = || {
            let mut places = urls
                .iter()
                .map(|url| policy.allows_place(&SecretUrl::from(url.as_str())).is_ok());
            policy.allows_build(&build).is_ok() && (urls.is_empty() || places.any(|is_ok| is_ok))
        };
        if meets && known_bad(&build, provider, build_id).is_none() && may_come() {
            let providers = found.entry((version, abi)).or_default();
            if !providers.contains(&provider) {
                providers.push(provider);
            }
        }
    }
}

/// Every build that the manifests know and that meets the request, with its providers.
fn known(context: &Context, index: &str, asked: &ListQuery<'_>, host: &Target) -> AvailableBuilds {
    let (request, target) = (asked.request, &asked.target);
    let mut found = AvailableBuilds::new();
    let covers = |version: &Version| request.is_none_or(|request| request.versions.cover(version));
    let rows = manifest::pbs::rows(index, covers).flatten();
    for row in rows.filter(|_| asked.allows(ProviderName::Pbs)) {
        if row.name.target == *target && row.sha256.is_some() {
            let provider = (ProviderName::Pbs, Some(row.build.as_str()));
            let urls = row.urls(context.env.pbs_mirror.as_ref().map(SecretUrl::expose));
            let build = (row.name.version, row.name.abi);
            asked.add(&mut found, build, provider, &urls);
        }
    }
    // ftpy compiles for this machine only.
    if target != host || host.os == "windows" || !asked.allows(ProviderName::Source) {
        return found;
    }
    let wish = BuildOptions::default();
    let source = Source {
        table: manifest::source::EMBEDDED,
        mirror: context.env.source_mirror.as_ref().map(SecretUrl::expose),
        archives: &[],
        wish: &wish,
    };
    for row in manifest::source::rows(source.table) {
        let urls = source.urls(&row);
        for abi in ["", "t", "d", "td"].into_iter().filter_map(Abi::from_flags) {
            if can_build(&row.version, abi) {
                let provider = (ProviderName::Source, None);
                asked.add(&mut found, (row.version, abi), provider, &urls);
            }
        }
    }
    found
}

type Available = ((Version, Abi), Vec<ProviderName>);

/// The newest first; only the newest of each minor, variant and source unless `all`: an install
/// takes the first source's newest, which need not be the newest of all. A pre-release stands
/// only for a minor that has no release.
fn newest(found: AvailableBuilds, all: bool) -> Vec<Available> {
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
