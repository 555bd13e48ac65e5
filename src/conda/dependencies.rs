//! Collects the records of packages and of all their possible dependencies.

use crate::conda::channel_list::SubdirList;
use crate::conda::lists::Lists;
use crate::net::FetchError;
use futures_util::{StreamExt, stream::FuturesUnordered};
use rattler_conda_types::{MatchSpec, Matches, PackageName, RepoDataRecord};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The number of packages that are read at once.
const AT_ONCE: usize = 16;

/// Returns the records of the packages that `specs` allow, for each list, sorted by name; if
/// `is_recursive`, with those of all packages that they may need.
pub(super) async fn collect(
    lists: &Lists<'_>,
    subdirs: &[&SubdirList],
    specs: &[MatchSpec],
    is_recursive: bool,
) -> Result<Vec<Vec<RepoDataRecord>>, FetchError> {
    let named = |spec: &MatchSpec| {
        let name = spec.name.as_exact()?;
        Some(name.as_normalized().to_owned())
    };
    let mut seen: BTreeSet<String> = specs.iter().filter_map(named).collect();
    let each = |name: String| (0..subdirs.len()).map(move |index| (index, name.clone()));
    let mut waiting: VecDeque<(usize, String)> = seen.iter().cloned().flat_map(each).collect();
    let mut running = FuturesUnordered::new();
    let mut found: Vec<BTreeMap<String, Vec<RepoDataRecord>>> =
        vec![BTreeMap::new(); subdirs.len()];
    loop {
        while running.len() < AT_ONCE
            && let Some((index, name)) = waiting.pop_front()
        {
            running.push(async move {
                let records = subdirs[index].records(lists, &name).await;
                (index, name, records)
            });
        }
        let Some((index, name, records)) = running.next().await else {
            break;
        };
        let mut records = records?;
        let mut own = specs
            .iter()
            .filter(|spec| named(spec).as_ref() == Some(&name))
            .peekable();
        if own.peek().is_some() {
            let own: Vec<&MatchSpec> = own.collect();
            records.retain(|record| own.iter().any(|spec| spec.matches(record)));
        }
        for record in records.iter().filter(|_| is_recursive) {
            let record = &record.package_record;
            let extra = record.extra_depends.values().flatten();
            for dependency in record.depends.iter().chain(extra) {
                let name = PackageName::normalized_name_from_matchspec_str(dependency);
                if !seen.contains(name.as_ref()) {
                    seen.insert(name.clone().into_owned());
                    waiting.extend(each(name.into_owned()));
                }
            }
        }
        found[index].insert(name, records);
    }
    let sorted = found
        .into_iter()
        .map(|records| records.into_values().flatten().collect());
    Ok(sorted.collect())
}
