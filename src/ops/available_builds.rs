//! The builds that can be installed, and their sources.

use crate::error::{Kind, Result};
use crate::execute::Options;
use crate::index;
use crate::manifest;
use crate::manifest::releases::known_bad;
use crate::ops::conda;
use crate::ops::context::Context;
use crate::ops::query_providers::usual;
use crate::ops::session::with_session;
use crate::policy::{self, Policy};
use crate::provider::{Source, can_build};
use crate::secret_url::SecretUrl;
use crate::store::BuildOptions;
use ftpy_core::abi::Abi;
use ftpy_core::flavour::Flavours;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Build, BuildRequest};
use ftpy_core::source_order::Order;
use ftpy_core::target::Target;
use ftpy_core::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// The sources of each build, in order of preference.
pub(crate) type AvailableBuilds = BTreeMap<(Version, Abi), Vec<ProviderName>>;

/// A build and its sources.
pub(crate) type Available = ((Version, Abi), Vec<ProviderName>);

/// Whose builds are listed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListedSources<'a> {
    /// The sources that the user named.
    pub(crate) from: &'a [ProviderName],
    /// conda's channels that the user named.
    pub(crate) channels: &'a [String],
}

/// Returns the builds that match one of the requests, or all if there are none.
pub(crate) fn available(
    context: &Context,
    requests: &[BuildRequest],
    sources: &ListedSources<'_>,
    host: &Target,
) -> Result<AvailableBuilds> {
    if requests.is_empty() {
        return found(context, None, sources, host);
    }
    let mut all = AvailableBuilds::new();
    for request in requests {
        for (build, providers) in found(context, Some(request), sources, host)? {
            let known = all.entry(build).or_default();
            for provider in providers {
                if !known.contains(&provider) {
                    known.push(provider);
                }
            }
        }
    }
    Ok(all)
}

/// Returns the builds of the manifests, and conda's if it is queried.
fn found(
    context: &Context,
    request: Option<&BuildRequest>,
    sources: &ListedSources<'_>,
    host: &Target,
) -> Result<AvailableBuilds> {
    let mut from = sources.from.to_vec();
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
            let mut names = order.named().iter();
            names.find(|name| policy.allows_source(**name).is_ok()) == Some(&ProviderName::Conda)
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
            conda::interpreters(session, &asked.target, sources.channels).await
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

/// Sorts builds, the newest first. Unless `all`, keeps only the newest of each minor, variant and
/// source, because an install uses the first source's newest. A pre-release is kept only if its
/// minor has no release.
pub(crate) fn newest(found: AvailableBuilds, all: bool) -> Vec<Available> {
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
