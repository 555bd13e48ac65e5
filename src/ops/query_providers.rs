//! Turns a request into a plan: queries every allowed provider, with the given index.
//!
//! Querying conda needs the network. It is queried immediately only if it was named, or if no
//! provider before it has a build; otherwise [`rounds`](crate::ops::install::fallback) queries it
//! if the other attempts fail.

use crate::distro::{self, Machine};
use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::host::apt;
use crate::manifest;
use crate::net::Patience;
use crate::ops::conda;
use crate::provider::{self, Distro, Offer, Pbs, Provider, Query, Source};
use crate::resolve::{DeferredSource, Plan, Preferences, Rejection, plan};
use crate::secret_url::SecretUrl;
use crate::store::{BuildOptions, Store};
use ftpy_core::decide::settings_text;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::BuildRequest;
use ftpy_core::settings::config_file;
use ftpy_core::source_order::Order;
use std::path::Path;

/// Returns the plan for a request; `index` is the text of the current index.
///
/// # Errors
/// Returns an error if settings are invalid, or the user presses Ctrl-C.
pub(crate) async fn choose(
    session: &Session,
    index: &str,
    request: BuildRequest,
    preferences: &Preferences,
) -> Result<Plan> {
    choose_for(
        session,
        index,
        Query::new(request, &session.host),
        preferences,
    )
    .await
}

/// Like [`choose`], for a machine that may be another one.
///
/// # Errors
/// Like [`choose`].
pub(crate) async fn choose_for(
    session: &Session,
    index: &str,
    query: Query,
    preferences: &Preferences,
) -> Result<Plan> {
    let (order, mut refused) = order(session, &query, preferences)?;
    // In an order given by the user, no provider is deferred.
    let is_named = !preferences.from.is_empty()
        || query.request.provider.is_some()
        || usual(&session.store)?.is_own();
    let mut offers = Vec::new();
    let mut unreachable = Vec::new();
    let mut deferred = None;
    let mut is_restricted = false;
    let patience = patience(&order);
    for name in order {
        let has_some = offers
            .iter()
            .any(|offer: &Offer| !offer.candidates.is_empty());
        match name {
            // No channel has flavours, so the query would be in vain.
            ProviderName::Conda if !query.request.flavours.is_empty() => {
                let reason = format!("no {} builds", query.request.flavours);
                refused.push(Refused::by_ftpy(name, reason));
            }
            ProviderName::Conda if has_some && !is_named => deferred = Some(name),
            ProviderName::Conda => {
                let asking = conda::ask(session, &query, &preferences.channels);
                let answer = patience.during(asking).await?;
                is_restricted |= answer.is_forbidden;
                if !answer.is_reachable {
                    unreachable.push(name);
                }
                offers.push(answer.offer);
            }
            ProviderName::Distro => offers.push(ask_distro(session, &query, preferences)),
            _ => match ask(session, index, &query, name, &preferences.wish) {
                Some(offer) => offers.push(offer),
                None => {
                    let reason = "not supported by this version of ftpy";
                    refused.push(Refused::by_ftpy(name, reason.to_owned()));
                }
            },
        }
    }
    let policy = session.net.policy();
    for offer in &mut offers {
        is_restricted |= policy.restrict(offer);
    }
    let is_unreachable = !unreachable.is_empty() && unreachable.len() == offers.len();
    let mut plan = plan(&query, offers, preferences);
    plan.is_forbidden = is_restricted || refused.iter().any(|one| one.is_forbidden);
    plan.rejections
        .extend(refused.into_iter().map(|one| one.rejection));
    plan.is_unreachable = is_unreachable;
    plan.unreachable = unreachable;
    plan.deferred = deferred.map(|provider| {
        Box::new(DeferredSource {
            provider,
            request: query.request,
            channels: preferences.channels.clone(),
            allows_unverified: preferences.allows_unverified,
        })
    });
    Ok(plan)
}

/// Returns how long a source may take to answer: longer if it is the only one.
fn patience(order: &[ProviderName]) -> Patience {
    match order.len() {
        1 => Patience::Last,
        _ => Patience::Patient,
    }
}

/// Returns the plan of the provider that was deferred.
///
/// # Errors
/// Like [`choose`].
pub(crate) async fn choose_deferred(session: &Session, deferred: &DeferredSource) -> Result<Plan> {
    let preferences = Preferences {
        from: vec![deferred.provider],
        allows_unverified: deferred.allows_unverified,
        channels: deferred.channels.clone(),
        wish: BuildOptions::default(),
    };
    let query = Query::new(deferred.request.clone(), &session.host);
    let mut answer = conda::ask(session, &query, &preferences.channels).await?;
    let is_restricted = session.net.policy().restrict(&mut answer.offer);
    let is_forbidden = is_restricted || answer.is_forbidden;
    let plan = plan(&query, vec![answer.offer], &preferences);
    Ok(Plan {
        is_forbidden,
        ..plan
    })
}

/// Why a source is not queried.
struct Refused {
    rejection: Rejection,
    /// Whether policy forbids it.
    is_forbidden: bool,
}

impl Refused {
    fn by_ftpy(provider: ProviderName, reason: String) -> Self {
        Self {
            rejection: Rejection { provider, reason },
            is_forbidden: false,
        }
    }
}

/// Returns the sources to query, in order, and those that are refused, with reasons.
fn order(
    session: &Session,
    query: &Query,
    preferences: &Preferences,
) -> Result<(Vec<ProviderName>, Vec<Refused>)> {
    let order = if preferences.from.is_empty() {
        usual(&session.store)?.named().to_vec()
    } else {
        preferences.from.clone()
    };
    let mut order: Vec<ProviderName> = match query.request.provider {
        // `conda:3.14t` names its source, whether it is in the default order or not.
        Some(only) if preferences.from.is_empty() => vec![only],
        Some(only) => order.into_iter().filter(|name| *name == only).collect(),
        None => order,
    };
    let mut refused = Vec::new();
    if let (Some(only), true) = (query.request.provider, order.is_empty()) {
        let reason = "excluded by --from";
        refused.push(Refused::by_ftpy(only, reason.to_owned()));
    }
    if session.options.forbids_building && order.contains(&ProviderName::Source) {
        order.retain(|name| *name != ProviderName::Source);
        let reason = "--no-build forbids compiling";
        refused.push(Refused::by_ftpy(ProviderName::Source, reason.to_owned()));
    }
    let policy = session.net.policy();
    order.retain(|name| match policy.allows_source(*name) {
        Ok(()) => true,
        Err(forbidden) => {
            refused.push(Refused {
                rejection: Rejection {
                    provider: *name,
                    reason: forbidden.to_string(),
                },
                is_forbidden: true,
            });
            false
        }
    });
    Ok((order, refused))
}

/// Returns whether the list of python-build-standalone's builds decides about a request.
pub(crate) fn uses_list(
    session: &Session,
    request: &BuildRequest,
    preferences: &Preferences,
) -> Result<bool> {
    let query = Query::new(request.clone(), &session.host);
    let (order, _) = order(session, &query, preferences)?;
    Ok(order.contains(&ProviderName::Pbs) && request.flavours.is_empty())
}

/// Returns the order if the command line gives none: the setting's, or the default. Every command
/// that looks for builds uses it.
pub(crate) fn usual(store: &Store) -> Result<Order> {
    let file = config_file(store.root());
    let text = settings_text(store.root())?.unwrap_or_default();
    Order::parse(&text).map_err(|(word, line)| {
        let place = file.display();
        let message = format!("{place}:{line}: unknown or duplicate source `{word}`");
        Failure::new(Kind::Usage, message).hint(
            "run `ftpy config set sources pbs,conda,distro,source` to restore the default order",
        )
    })
}

/// Queries a provider whose index is given.
fn ask(
    session: &Session,
    index: &str,
    query: &Query,
    name: ProviderName,
    wish: &BuildOptions,
) -> Option<Offer> {
    let archives = match &session.env.source_mirror {
        Some(_) => Vec::new(),
        None => apt::mirrors(Path::new("/")),
    };
    let pbs = Pbs {
        index,
        mirror: session.env.pbs_mirror.as_ref().map(SecretUrl::expose),
    };
    let source = Source {
        table: manifest::source::EMBEDDED,
        mirror: session.env.source_mirror.as_ref().map(SecretUrl::expose),
        archives: &archives,
        wish,
    };
    let providers: [&dyn Provider; 2] = [&pbs, &source];
    let provider = providers.iter().find(|provider| provider.name() == name)?;
    Some(provider.candidates(query))
}

fn ask_distro(session: &Session, query: &Query, preferences: &Preferences) -> Offer {
    let is_named = query.request.provider == Some(ProviderName::Distro)
        || preferences.from.contains(&ProviderName::Distro);
    let machine = machine(session, query, is_named);
    let distro = Distro {
        table: manifest::distro::table(),
        machine: &machine,
        is_named,
    };
    distro.candidates(query)
}

/// Returns the state of the package manager. Unless the source is named, only installed packages
/// are queried.
fn machine(session: &Session, query: &Query, is_named: bool) -> Machine {
    let wanted = distro::PackageQuery {
        covers: &|series| provider::covers(query, series),
        is_named,
        is_offline: session.net.is_offline(),
    };
    let task = session.reporter.task("distro");
    let table = manifest::distro::table();
    distro::look(table, &wanted, &session.env, session.net.cancel(), &task)
}
