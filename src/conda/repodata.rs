//! Fetches the records of packages from channels: from sharded lists, `repodata.json.zst` or
//! `repodata.json`, whichever a channel has. The cache follows the server's headers and is used
//! offline.

use crate::conda::channel_list::{ChannelList, SubdirList};
use crate::conda::channels::Place;
use crate::conda::dependencies::collect;
use crate::conda::lists::Lists;
use crate::conda::related_channels::follow;
use crate::net::{FetchError, Net, Reason};
use crate::secret_url::SecretUrl;
use ftpy_core::request::{BuildRequest, Versions};
use futures_util::future::try_join_all;
use rattler_conda_types::{MatchSpec, ParseMatchSpecOptions, RepoDataRecord, Subdir};
use std::path::Path;
use url::Url;

/// How much to fetch.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Interpreters of these versions, `pip`, and all their dependencies.
    Environment(&'a BuildRequest),
    /// Only the interpreters.
    Interpreters,
}

/// Fetches the records of channels for a platform, in channel order: a list for each channel and
/// platform.
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
) -> Result<Vec<Vec<RepoDataRecord>>, FetchError> {
    let mut channels = Vec::new();
    for place in places {
        let url = reachable(net, place).await?;
        channels.push(directory(&url)?);
    }
    let lists = Lists::new(net, cache);
    let both = async {
        match query(&lists, &channels, subdir, scope).await {
            Err(_) if lists.take_damaged() => query(&lists, &channels, subdir, scope).await,
            found => found,
        }
    };
    tokio::select! {
        found = both => found,
        () = net.cancel().cancelled() => Err(FetchError::Interrupted),
    }
}

/// The URL of a channel as a directory, without a login: the gate adds that.
fn directory(channel: &SecretUrl) -> Result<Url, FetchError> {
    if let Some(reason) = channel.misread() {
        return Err(FetchError::Settings(reason));
    }
    let parsed = Url::parse(channel.expose());
    let mut url = parsed
        .map_err(|error| unavailable(format!("{channel} is not a valid channel: {error}")))?;
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

async fn query(
    lists: &Lists<'_>,
    channels: &[Url],
    subdir: Subdir,
    scope: Scope<'_>,
) -> Result<Vec<Vec<RepoDataRecord>>, FetchError> {
    let fetched = channels
        .iter()
        .map(|url| ChannelList::fetch(lists, url.clone(), subdir));
    let mut channels = try_join_all(fetched).await?;
    channels.iter().try_for_each(ChannelList::check)?;
    // Under a policy, each list may have to be allowed explicitly.
    if !lists.net.policy().restricts_lists() {
        follow(lists, &mut channels, subdir).await?;
    }
    let subdirs: Vec<&SubdirList> = channels.iter().flat_map(|it| &it.subdirs).collect();
    let is_recursive = matches!(scope, Scope::Environment(_));
    collect(lists, &subdirs, &specs(scope), is_recursive).await
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

/// The first URL that responds: the lists are then all fetched from there.
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
