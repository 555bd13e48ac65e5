//! From a request to a plan: asks every provider that may be asked, with the index in hand.

use crate::distro::{self, Machine};
use crate::execute::Session;
use crate::host::apt;
use crate::manifest;
use crate::provider::{self, Distro, Offer, Pbs, Provider, Query, Source};
use crate::resolve::{Plan, Preferences, plan};
use ftpy_shims::request::{BuildRequest, ProviderName};
use std::path::Path;

/// The order in which providers are asked. conda has its seat behind pbs.
pub(super) const ORDER: [ProviderName; 3] = [
    ProviderName::Pbs,
    ProviderName::Distro,
    ProviderName::Source,
];

/// The plan for a request; `index` is the text of the index in use.
pub(super) fn choose(
    session: &Session,
    index: &str,
    request: BuildRequest,
    preferences: &Preferences,
) -> Plan {
    let query = Query::new(request, &session.host);
    let archives = match &session.env.source_mirror {
        Some(_) => Vec::new(),
        None => apt::mirrors(Path::new("/")),
    };
    let pbs = Pbs {
        index,
        mirror: session.env.pbs_mirror.as_deref(),
    };
    let source = Source {
        table: manifest::source::EMBEDDED,
        mirror: session.env.source_mirror.as_deref(),
        archives: &archives,
    };
    let is_named = query.request.provider == Some(ProviderName::Distro)
        || preferences.from.contains(&ProviderName::Distro);
    let order = if preferences.from.is_empty() {
        ORDER.to_vec()
    } else {
        preferences.from.clone()
    };
    let mut order: Vec<ProviderName> = match query.request.provider {
        // `conda:3.14t` is asked for by name, in the usual order or not.
        Some(only) if preferences.from.is_empty() => vec![only],
        Some(only) => order.into_iter().filter(|name| *name == only).collect(),
        None => order,
    };
    let mut refused = Vec::new();
    if let (Some(only), true) = (query.request.provider, order.is_empty()) {
        refused.push(format!("{only}: --from does not name it"));
    }
    if session.options.forbids_building && order.contains(&ProviderName::Source) {
        order.retain(|name| *name != ProviderName::Source);
        refused.push("source: --no-build forbids compiling".to_owned());
    }
    let machine = match order.contains(&ProviderName::Distro) {
        true => machine(session, &query, is_named),
        false => Machine::default(),
    };
    let distro = Distro {
        table: manifest::distro::table(),
        machine: &machine,
        is_named,
    };
    let providers: [&dyn Provider; 3] = [&pbs, &distro, &source];
    let ask = |name: ProviderName| -> Option<Offer> {
        let provider = providers.iter().find(|provider| provider.name() == name)?;
        Some(provider.candidates(&query))
    };
    let mut offers = Vec::new();
    for name in order {
        match ask(name) {
            Some(offer) => offers.push(offer),
            None => refused.push(format!("{name}: this version of ftpy does not have it")),
        }
    }
    let mut plan = plan(&query, offers, preferences);
    plan.rejections.extend(refused);
    plan
}

/// What the machine's package manager says. Without the name of the source, it is asked only
/// for what is installed.
fn machine(session: &Session, query: &Query, is_named: bool) -> Machine {
    let wanted = distro::Wanted {
        covers: &|series| provider::covers(query, series),
        is_named,
        is_offline: session.net.is_offline(),
    };
    let task = session.reporter.task("distro");
    let table = manifest::distro::table();
    distro::look(table, &wanted, &session.env, session.net.cancel(), &task)
}
