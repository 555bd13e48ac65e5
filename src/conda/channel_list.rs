//! The lists of one channel: that of a platform, and that of `noarch`.

use crate::conda::lists::{ListError, Lists};
use crate::conda::records::{Origin, directory};
use crate::conda::sharded_list::ShardedList;
use crate::conda::whole_list::WholeList;
use crate::net::{FetchError, Reason};
use crate::secret_url::SecretUrl;
use futures_util::future::try_join;
use rattler_conda_types::{ChannelRelations, RepoDataRecord, Subdir};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use url::Url;

/// A channel.
#[derive(Debug)]
pub(super) struct ChannelList {
    /// Its URL, with a slash at its end.
    pub(super) url: Url,
    /// The list of the platform and that of `noarch`.
    pub(super) subdirs: [SubdirList; 2],
}

/// The packages for one platform.
#[derive(Debug)]
pub(super) struct SubdirList {
    origin: Arc<Origin>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Sharded(Box<ShardedList>),
    Whole(Arc<WholeList>),
    Missing(Reason),
}

impl ChannelList {
    /// Fetches both lists of a channel.
    pub(super) async fn fetch(
        lists: &Lists<'_>,
        url: Url,
        subdir: Subdir,
    ) -> Result<Self, FetchError> {
        let own = SubdirList::fetch(lists, &url, subdir.as_str());
        let noarch = SubdirList::fetch(lists, &url, Subdir::NoArch.as_str());
        let (own, noarch) = try_join(own, noarch).await?;
        Ok(Self {
            url,
            subdirs: [own, noarch],
        })
    }

    /// Checks that it is a channel: it may lack packages for a platform, but not the other list.
    pub(super) fn check(&self) -> Result<(), FetchError> {
        match &self.subdirs[1].form {
            Form::Missing(reason) => Err(FetchError::Unavailable(vec![reason.clone()])),
            _ => Ok(()),
        }
    }
}

impl SubdirList {
    /// Fetches the list of a platform: sharded if the channel is.
    async fn fetch(lists: &Lists<'_>, channel: &Url, subdir: &str) -> Result<Self, FetchError> {
        let invalid = |reason: String| {
            let url = SecretUrl::from(channel.as_str()).join(subdir);
            ListError::Invalid(reason).at(&url)
        };
        let above = directory(channel, subdir).map_err(invalid)?;
        let form = match ShardedList::fetch(lists, &above).await? {
            Some(list) => Form::Sharded(Box::new(list)),
            None => match WholeList::fetch(lists, &above).await? {
                Ok(list) => {
                    if !lists.net.is_offline() {
                        ShardedList::forget(lists, &above);
                    }
                    Form::Whole(Arc::new(list))
                }
                Err(reason) => Form::Missing(reason),
            },
        };
        let base = match &form {
            Form::Sharded(list) => Some(list.index.info.base_url.as_str()),
            Form::Whole(list) => list.info.base_url.as_deref(),
            Form::Missing(_) => None,
        };
        let origin = Origin::new(channel, subdir, base).map_err(invalid)?;
        let origin = Arc::new(origin);
        Ok(Self { origin, form })
    }

    /// Returns the records of a package.
    pub(super) async fn records(
        &self,
        lists: &Lists<'_>,
        name: &str,
    ) -> Result<Vec<RepoDataRecord>, FetchError> {
        match &self.form {
            Form::Missing(_) => Ok(Vec::new()),
            Form::Sharded(list) => {
                let shard = list.shard(lists, name).await?.unwrap_or_default();
                let records = self.origin.records(shard, name, &HashSet::new());
                records.map_err(|reason| {
                    let url = self.origin.to_string().into();
                    ListError::Invalid(reason).at(&url)
                })
            }
            Form::Whole(list) => {
                let (origin, it) = (Arc::clone(&self.origin), Arc::clone(list));
                let name = name.to_owned();
                let read = move || {
                    let shard = it.shard(&name)?.unwrap_or_default();
                    let records = origin.records(shard, &name, &it.removed);
                    records.map_err(ListError::Invalid)
                };
                let records = spawn_blocking(read)
                    .await
                    .map_err(|panic| ListError::of(&panic));
                records.flatten().map_err(|error| list.failed(lists, error))
            }
        }
    }

    /// The channels that belong to this one.
    pub(super) fn relations(&self) -> Option<&ChannelRelations> {
        match &self.form {
            Form::Sharded(list) => list.index.info.channel_relations.as_ref(),
            Form::Whole(list) => list.info.channel_relations.as_ref(),
            Form::Missing(_) => None,
        }
    }
}
