//! Follows the relations that channels declare (CEP 42): `base` is a channel to ask before it, and
//! `overrides` one to ask after it. The user's own order is never changed.

use crate::conda::channel_list::ChannelList;
use crate::conda::lists::Lists;
use crate::net::FetchError;
use rattler_conda_types::{ChannelRelations, Subdir};
use url::Url;

/// The maximum number of channels that are added.
const MOST: usize = 10;

/// Adds the channels that others declare, next to those.
///
/// # Errors
/// [`FetchError::Interrupted`]. A channel that cannot be fetched is left out.
pub(super) async fn follow(
    lists: &Lists<'_>,
    channels: &mut Vec<ChannelList>,
    subdir: Subdir,
) -> Result<(), FetchError> {
    let mut followed: Vec<Url> = Vec::new();
    let mut left = MOST;
    while let Some(channel) = channels
        .iter()
        .find(|channel| !followed.contains(&channel.url))
    {
        let url = channel.url.clone();
        let declared = channel.subdirs.iter().filter_map(|list| list.relations());
        let targets: Vec<(Url, Place)> = declared.flat_map(|it| targets(&url, it)).collect();
        followed.push(url.clone());
        for (target, place) in targets {
            let is_known = channels.iter().any(|channel| channel.url == target);
            if is_known || followed.contains(&target) || left == 0 {
                continue;
            }
            left -= 1;
            let found = match ChannelList::fetch(lists, target.clone(), subdir).await {
                Ok(found) => found,
                Err(FetchError::Interrupted) => return Err(FetchError::Interrupted),
                Err(_) => {
                    followed.push(target);
                    continue;
                }
            };
            let at = channels.iter().position(|channel| channel.url == url);
            let at = at.unwrap_or_default();
            channels.insert(if place == Place::Before { at } else { at + 1 }, found);
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    After,
}

/// The channels that a declaration names. Contradictions and other references are ignored.
fn targets(channel: &Url, relations: &ChannelRelations) -> Vec<(Url, Place)> {
    let resolved = |reference: &Option<String>| {
        let reference = reference
            .as_deref()
            .filter(|text| text.starts_with("../"))?;
        let mut url = channel.join(reference).ok()?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Some(url).filter(|url| url != channel)
    };
    match (resolved(&relations.base), resolved(&relations.overrides)) {
        (Some(base), Some(overridden)) if base == overridden => Vec::new(),
        (base, overridden) => {
            let base = base.map(|url| (url, Place::Before));
            let overridden = overridden.map(|url| (url, Place::After));
            base.into_iter().chain(overridden).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_relative_and_not_contradictory() {
        let check = |base: Option<&str>, overrides: Option<&str>, expected: &[(&str, Place)]| {
            let channel = Url::parse("https://h.example/a/b/").expect("a URL");
            let relations = ChannelRelations {
                base: base.map(str::to_owned),
                overrides: overrides.map(str::to_owned),
            };
            let found = targets(&channel, &relations);
            let found: Vec<(&str, Place)> = found
                .iter()
                .map(|(url, place)| (url.as_str(), *place))
                .collect();
            assert_eq!(found, expected);
        };
        let c = ("https://h.example/a/c/", Place::Before);
        let d = ("https://h.example/d/", Place::After);
        check(Some("../c"), Some("../../d/"), &[c, d]);
        check(None, Some("../../d"), &[d]);
        check(Some("../c"), Some("../c/"), &[]);
        check(Some("https://o.example/"), Some("c"), &[]);
        check(Some("../b"), None, &[]);
    }
}
