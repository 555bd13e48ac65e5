//! `ftpy list --available`: lists the builds that can be installed, and their sources.

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
    let mut found = AvailableBuilds::new();
    if requests.is_empty() {
        found = self::found(context, None, arguments, host)?;
    }
    for request in &requests {
        let of_it = self::found(context, Some(request), arguments, host)?;
        for (build, providers) in of_it {
            let known = found.entry(build).or_default();
            for provider in providers {
                if !known.contains(&provider) {
                    known.push(provider);
                }
            }
        }
    }
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

/// Returns the builds of the manifests, and conda's if it is queried.
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
    // conda's builds are listed on the network, which is used only if conda was named, or if an
    // install would ask it first.
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
            // The other sources are still shown.
            Err(failure)
                if !is_named && ![Kind::Interrupted, Kind::Forbidden].contains(&failure.kind) =>
            {
                let failure = failure.message;
                let text = format!("conda builds are not listed: {failure}");
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

/// Sorts the sources of each build by the order of preference.
fn sorted(mut found: AvailableBuilds, order: &Order) -> AvailableBuilds {
    for providers in found.values_mut() {
        providers.sort_by_key(|provider| order.rank(*provider));
    }
    found
}

type AvailableBuilds = BTreeMap<(Version, Abi), Vec<ProviderName>>;

/// What is listed.
struct ListQuery<'a> {
    request: Option<&'a BuildRequest>,
    from: &'a [ProviderName],
    target: Target,
    policy: Policy,
}

impl ListQuery<'_> {
    /// Returns whether a source is wanted and allowed by policy.
    fn allows(&self, provider: ProviderName) -> bool {
        self.from.contains(&provider) && self.policy.allows_source(provider).is_ok()
    }

    /// Adds a build if it is wanted and policy allows to install it. A provider comes with its name
    /// for the build. `urls` is empty if policy already checked them.
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
            // Debug builds are listed only on request.
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

/// Returns every matching build in the manifests, with its sources.
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
    // ftpy compiles only for this machine.
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

/// Sorts builds, the newest first. Unless `all`, keeps only the newest of each minor, variant and
/// source, because an install uses the first source's newest. A pre-release is kept only if its
/// minor has no release.
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
