//! Fetches the package lists of channels: sharded repodata, `repodata.json.zst` or `repodata.json`,
//! whichever is available first. The cache follows the server's headers and is used offline.

use crate::conda::catch_panic::shielded;
use crate::conda::channels::Place;
use crate::conda::policy_client::{RequestLog, client};
use crate::net::{FetchError, Net, Reason, Refused};
use crate::secret_url::SecretUrl;
use ftpy_core::request::{BuildRequest, Versions};
use rattler_conda_types::{Channel, MatchSpec, ParseMatchSpecOptions, Subdir};
use rattler_repodata_gateway::fetch::CacheAction;
use rattler_repodata_gateway::{
    ChannelConfig, ChannelRelationsMode, Gateway, RepoData, SourceConfig,
};
use std::path::Path;

/// How much to fetch.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Interpreters of these versions, `pip`, and all their dependencies.
    Environment(&'a BuildRequest),
    /// Only the interpreters.
    Interpreters,
}

/// Fetches the packages of channels for a platform, in channel order.
///
/// # Errors
/// [`FetchError::Unavailable`] if a channel cannot be fetched: a later channel must not replace an
/// earlier one.
pub async fn repodata(
    net: &Net,
    cache: &Path,
    places: &[Place],
    subdir: Subdir,
    scope: Scope<'_>,
) -> Result<Vec<RepoData>, FetchError> {
    let mut channels = Vec::new();
    let mut asked_at = Vec::new();
    for place in places {
        let url = reachable(net, place).await?;
        if let Some(reason) = url.misread() {
            return Err(FetchError::Settings(reason));
        }
        let mut parsed = url::Url::parse(url.expose())
            .map_err(|error| unavailable(format!("{url} is not a valid channel: {error}")))?;
        // rattler writes channel URLs into its cache, so credentials are added by the gate instead.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        asked_at.push(url);
        channels.push(Channel::from_url(parsed));
    }
    let asked = RepodataQuery {
        channels,
        subdir,
        scope,
        cache,
    };
    let action = match net.is_offline() {
        true => CacheAction::ForceCacheOnly,
        false => CacheAction::CacheOrFetch,
    };
    let log = RequestLog::default();
    let mut found = query(net, &asked, action, &log).await?;
    // rattler fails on "304 Not Modified" without validators, which simple servers send. The cache
    // is ignored then.
    if found.is_err() && log.has_not_modified() {
        found = query(net, &asked, CacheAction::NoCache, &log).await?;
    }
    let scrubbed = |text: String, url: &SecretUrl| url.scrub(&text);
    found.map_err(|reason| unavailable(asked_at.iter().fold(reason, scrubbed)))
}

struct RepodataQuery<'a> {
    channels: Vec<Channel>,
    subdir: Subdir,
    scope: Scope<'a>,
    cache: &'a Path,
}

/// Runs one query; the inner error is rattler's, with all causes.
async fn query(
    net: &Net,
    asked: &RepodataQuery<'_>,
    cache_action: CacheAction,
    log: &RequestLog,
) -> Result<Result<Vec<RepoData>, String>, FetchError> {
    let source = SourceConfig {
        cache_action,
        missing_shards_are_empty: net.is_offline(),
        bz2_enabled: false,
        ..SourceConfig::default()
    };
    let client = client(net, log.clone()).map_err(unavailable)?;
    let gateway = Gateway::builder()
        .with_cache_dir(asked.cache)
        .with_client(client)
        .with_max_concurrent_requests(16)
        .with_channel_config(ChannelConfig {
            default: source,
            ..ChannelConfig::default()
        })
        .finish();
    let (channels, subdirs) = (asked.channels.clone(), [asked.subdir, Subdir::NoArch]);
    // Base URLs declared by a channel are requested, too; the policy may require an explicit rule.
    let relations = match net.policy().restricts_lists() {
        true => ChannelRelationsMode::Disabled,
        false => ChannelRelationsMode::default(),
    };
    let query = gateway
        .query(channels, subdirs, specs(asked.scope))
        .channel_relations(relations)
        .recursive(matches!(asked.scope, Scope::Environment(_)));
    tokio::select! {
        found = shielded(query.into_future()) => Ok(match found {
            Err(panic) => Err(format!("its repodata is malformed: {panic}")),
            Ok(Ok(found)) => Ok(found.repodata),
            Ok(Err(error)) => match log.take_refused() {
                Some(Refused::Forbidden(forbidden)) => return Err(forbidden.into()),
                Some(Refused::Settings(reason)) => return Err(FetchError::Settings(reason)),
                Some(Refused::Unsafe(reason)) => Err(reason),
                None => Err(chain(&error)),
            },
        }),
        () = net.cancel().cancelled() => Err(FetchError::Interrupted),
    }
}

fn specs(scope: Scope<'_>) -> Vec<MatchSpec> {
    let python = match scope {
        Scope::Environment(BuildRequest {
            versions: Versions::Partial(partial),
            ..
        }) => match partial.minor {
            Some(minor) => format!("python {}.{minor}.*", partial.major),
            None => "python".to_owned(),
        },
        _ => "python".to_owned(),
    };
    let names: &[&str] = match scope {
        Scope::Environment(_) => &[&python, "python_abi", "pip"],
        Scope::Interpreters => &[&python],
    };
    let parsed = names
        .iter()
        .map(|text| MatchSpec::from_str(text, ParseMatchSpecOptions::lenient()));
    parsed
        .map(|spec| spec.expect("a name, or a name and a minor version"))
        .collect()
}

/// The first URL that responds. rattler would contact a dead host several times for several files;
/// this checks once, with ftpy's own timeouts and messages.
///
/// The cached data of a channel is subject to the policy, also offline.
async fn reachable(net: &Net, place: &Place) -> Result<SecretUrl, FetchError> {
    let mut remote = Vec::new();
    for url in &place.urls {
        net.policy().allows_place(url)?;
        if !place.is_usual {
            net.policy().allows_index(url)?;
        }
        if net.is_offline() || url.is_file() {
            // Earlier URLs are tried first; later ones need not be tried.
            if remote.is_empty() {
                return Ok(url.clone());
            }
            break;
        }
        remote.push(url.join("noarch/repodata_shards.msgpack.zst"));
    }
    let asked: Vec<&SecretUrl> = remote.iter().collect();
    match (net.reach(&asked).await, place.urls.get(asked.len())) {
        (Ok(index), _) => Ok(place.urls[index].clone()),
        (Err(FetchError::Unavailable(_)), Some(local)) => Ok(local.clone()),
        (Err(error), _) => Err(error),
    }
}

fn unavailable(text: String) -> FetchError {
    FetchError::Unavailable(vec![Reason::of_file(text)])
}

/// An error with its causes: rattler's outermost error is rarely informative.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
