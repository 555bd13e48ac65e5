//! Downloads from the cache or the network, with a race between the URLs.

use crate::net::download::{Download, Fetched};
use crate::net::headers::Condition;
use crate::net::part::Part;
use crate::net::race::RaceGoal;
use crate::net::response::{OpenError, Opened};
use crate::net::verified_stream::Flow;
use crate::net::{FetchError, Net, Reason};
use crate::report::Task;
use crate::secret_url::SecretUrl;
use bytes::Bytes;
use tokio::sync::mpsc;

/// Downloads a file, and passes the bytes to `sink` as they arrive. They are verified only when
/// this returns, so nothing made from them may be used earlier.
///
/// A closed `sink` does not stop the download: wrong bytes explain more than an unpacker's error.
///
/// # Errors
/// See [`FetchError`].
pub async fn fetch(
    net: &Net,
    download: &Download<'_>,
    sink: mpsc::Sender<Bytes>,
    task: &Task,
) -> Result<Fetched, FetchError> {
    let mut flow = Flow::new(net.cancel(), download, sink, task);
    if let Some(cached) = &download.cached
        && cached.is_file()
    {
        return flow.take_cached(cached).await;
    }
    task.bytes(download.verb(), download.subject(task), download.size);
    flow.take_partial().await?;
    if let Some(first) = download.urls.first() {
        net.keep_pace(first).await?;
    }
    let mut passed_over = Vec::new();
    match from_any(net, &mut flow, download.urls, &mut passed_over).await? {
        Some(url) => {
            let fetched = flow.finish(url)?;
            net.count_bytes(usize::try_from(fetched.size).unwrap_or(usize::MAX));
            Ok(Fetched {
                passed_over,
                ..fetched
            })
        }
        None => Err(FetchError::Unavailable(passed_over)),
    }
}

/// Downloads from the first URL that answers, and resumes from others after a failure. Returns the
/// URL that delivered the last byte.
async fn from_any<'a>(
    net: &Net,
    flow: &mut Flow<'_>,
    urls: &'a [SecretUrl],
    reasons: &mut Vec<Reason>,
) -> Result<Option<&'a SecretUrl>, FetchError> {
    let mut left: Vec<&SecretUrl> = urls.iter().collect();
    while !left.is_empty() {
        let from = (Part::From(flow.done()), Condition::Always);
        let mut raced = net.race(&left, flow.trust(), from, RaceGoal::Body).await?;
        // Reasons are sorted by the order of the URLs.
        raced.lost.sort_by_key(|(index, _)| *index);
        let mut next: Vec<(usize, Result<Opened, OpenError>)> = raced.won.into_iter().collect();
        let mut over = Vec::new();
        for (index, error) in raced.lost {
            match error {
                // No pause while another URL answers.
                OpenError::Passing(_) | OpenError::NoRange(_) => next.push((index, Err(error))),
                error => {
                    over.push(left[index]);
                    add(reasons, error.into())?;
                }
            }
        }
        for (index, first) in next {
            over.push(left[index]);
            match flow.take_from(net, left[index], first).await {
                Ok(()) => return Ok(Some(left[index])),
                Err(error) => add(reasons, error)?,
            }
        }
        left.retain(|url| !over.contains(url));
    }
    Ok(None)
}

/// Adds the reasons of a URL, each only once.
fn add(reasons: &mut Vec<Reason>, error: FetchError) -> Result<(), FetchError> {
    let FetchError::Unavailable(found) = error else {
        return Err(error);
    };
    for reason in found {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Ok(())
}
