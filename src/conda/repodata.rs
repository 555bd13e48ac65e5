//! What channels have: sharded repodata, `repodata.json.zst` or `repodata.json`, whichever the
//! channel offers first. Kept with what the server said of its age; offline, what was kept.

use crate::conda::channels::Place;
use crate::net::{FetchError, Login, Net, Reason, redacted};
use ftpy_shims::request::{BuildRequest, Versions};
use rattler_conda_types::{Channel, MatchSpec, ParseMatchSpecOptions, Subdir};
use rattler_networking::authentication_storage::backends::memory::MemoryStorage;
use rattler_networking::{Authentication, AuthenticationMiddleware, AuthenticationStorage};
use rattler_repodata_gateway::fetch::CacheAction;
use rattler_repodata_gateway::{ChannelConfig, Gateway, RepoData, SourceConfig};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use std::path::Path;
use std::sync::Arc;

/// How much is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Interpreters of these versions, `pip`, and all that they may need.
    Environment(&'a BuildRequest),
    /// The interpreters alone.
    Interpreters,
}

/// Fetches what the channels have for a platform, in the order of the channels.
///
/// # Errors
/// [`FetchError::Unavailable`] where one of the channels cannot be had: what a later one has
/// must not stand in for it.
pub async fn repodata(
    net: &Net,
    cache: &Path,
    places: &[Place],
    subdir: Subdir,
    scope: Scope<'_>,
) -> Result<Vec<RepoData>, FetchError> {
    let mut channels = Vec::new();
    let mut secrets = Vec::new();
    let mut logins = Vec::new();
    for place in places {
        let url = reachable(net, place).await?;
        secrets.extend(secrets_of(&url));
        let parsed = url::Url::parse(&url)
            .map_err(|error| unavailable(format!("{} is no channel: {error}", redacted(&url))))?;
        if let (Some(host), Some(login)) = (parsed.host_str(), net.login(&url)?) {
            logins.push((host.to_owned(), login));
        }
        channels.push(Channel::from_url(parsed));
    }
    let asked = Asked {
        channels,
        subdir,
        scope,
        cache,
        logins,
    };
    let action = match net.is_offline() {
        true => CacheAction::ForceCacheOnly,
        false => CacheAction::CacheOrFetch,
    };
    let mut found = query(net, &asked, action).await?;
    // A "304 Not Modified" without the validators of what is kept is an error to rattler, and
    // simple servers answer so: then what is kept does not count.
    if let Err(reason) = &found
        && is_not_modified(reason)
        && !net.is_offline()
    {
        found = query(net, &asked, CacheAction::NoCache).await?;
    }
    found.map_err(|reason| unavailable(without(&reason, &secrets)))
}

/// Whether a server answered 304. The number alone proves nothing: ports and paths have it, too.
fn is_not_modified(reason: &str) -> bool {
    reason.contains("304 Not Modified")
}

struct Asked<'a> {
    channels: Vec<Channel>,
    subdir: Subdir,
    scope: Scope<'a>,
    cache: &'a Path,
    /// Hosts, and who to be there. Not in the URLs: rattler writes those into its cache.
    logins: Vec<(String, Login)>,
}

/// One query; the inner error is rattler's, with all its causes.
async fn query(
    net: &Net,
    asked: &Asked<'_>,
    cache_action: CacheAction,
) -> Result<Result<Vec<RepoData>, String>, FetchError> {
    let source = SourceConfig {
        cache_action,
        missing_shards_are_empty: net.is_offline(),
        bz2_enabled: false,
        ..SourceConfig::default()
    };
    let gateway = Gateway::builder()
        .with_cache_dir(asked.cache)
        .with_client(client(net, &asked.logins)?)
        .with_max_concurrent_requests(16)
        .with_channel_config(ChannelConfig {
            default: source,
            ..ChannelConfig::default()
        })
        .finish();
    let (channels, subdirs) = (asked.channels.clone(), [asked.subdir, Subdir::NoArch]);
    let query = gateway
        .query(channels, subdirs, specs(asked.scope))
        .recursive(matches!(asked.scope, Scope::Environment(_)));
    tokio::select! {
        found = query => Ok(match found {
            Ok(found) => Ok(found.repodata),
            Err(error) => Err(chain(&error)),
        }),
        () = net.cancel().cancelled() => Err(FetchError::Interrupted),
    }
}

/// The client, which says who it is to the hosts that are to know it.
fn client(net: &Net, logins: &[(String, Login)]) -> Result<ClientWithMiddleware, FetchError> {
    let mut storage = AuthenticationStorage::empty();
    storage.add_backend(Arc::new(MemoryStorage::new()));
    for (host, login) in logins {
        let known = Authentication::BasicHTTP {
            username: login.name.clone(),
            password: login.password.clone(),
        };
        let stored = storage.store(host, &known);
        stored.map_err(|error| unavailable(error.to_string()))?;
    }
    let builder = ClientBuilder::new(net.http().map_err(unavailable)?);
    let knows = AuthenticationMiddleware::from_auth_storage(storage);
    Ok(builder.with(knows).build())
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

/// The first of the places that answers. Rattler would ask a dead host several times for
/// several files; here it is asked once, with ftpy's own patience and in its own words.
async fn reachable(net: &Net, place: &Place) -> Result<String, FetchError> {
    let mut reasons = Vec::new();
    for url in &place.urls {
        if net.is_offline() || url.starts_with("file://") {
            return Ok(url.clone());
        }
        match net
            .reach(&format!("{url}/noarch/repodata_shards.msgpack.zst"))
            .await
        {
            Ok(()) => return Ok(url.clone()),
            Err(FetchError::Unavailable(found)) => reasons.extend(found),
            Err(other) => return Err(other),
        }
    }
    Err(FetchError::Unavailable(reasons))
}

fn unavailable(text: String) -> FetchError {
    FetchError::Unavailable(vec![Reason {
        text,
        is_host: false,
    }])
}

/// An error with its causes: rattler's outermost rarely says what happened.
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

/// What of a URL must not be shown: `user:password@`, `t/token/`.
fn secrets_of(url: &str) -> Option<String> {
    let shown = redacted(url);
    let (_, rest) = url.split_once("://")?;
    let (_, shown) = shown.split_once("://")?;
    if rest == shown {
        return None;
    }
    let authority = rest.split('/').next()?;
    match authority.rsplit_once('@') {
        Some((secret, _)) => Some(format!("{secret}@")),
        None => {
            let path = rest.strip_prefix(authority)?;
            let token = path.strip_prefix("/t/")?.split('/').next()?;
            Some(format!("t/{token}/"))
        }
    }
}

fn without(text: &str, secrets: &[String]) -> String {
    secrets
        .iter()
        .fold(text.to_owned(), |text, secret| text.replace(secret, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_an_address_is_no_answer_of_a_server() {
        assert!(is_not_modified(
            "HTTP status redirection (304 Not Modified) for url (x)"
        ));
        assert!(!is_not_modified(
            "no usable repodata cache for http://127.0.0.1:43049/c"
        ));
    }

    #[test]
    fn an_error_shows_no_credentials() {
        for (url, text) in [
            (
                "https://me:pw@h.example/c",
                "cannot fetch https://me:pw@h.example/c/noarch/x",
            ),
            (
                "https://h.example/t/tk-1/c",
                "no https://h.example/t/tk-1/c/noarch/x",
            ),
        ] {
            let secrets: Vec<String> = secrets_of(url).into_iter().collect();
            let shown = without(text, &secrets);
            assert!(!shown.contains("pw") && !shown.contains("tk-1"), "{shown}");
            assert!(shown.contains("h.example/c/noarch/x"), "{shown}");
        }
        assert_eq!(secrets_of("https://h.example/c"), None);
    }
}
