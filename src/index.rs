//! Which index of python-build-standalone is in use: the one inside ftpy, or one that was
//! fetched and kept beside the store.
//!
//! A fetched index is used while it is no older than the embedded one, or while
//! FTPY_INDEX_URL names the place that it came from. So offline always works, and a new ftpy
//! is not held back by an index that an old one fetched.

use crate::digest::Digest;
use crate::env::Env;
use crate::error::{Failure, Kind, Result};
use crate::manifest::pbs::{self, EMBEDDED, Head, rows};
use crate::manifest::upstream::convert;
use crate::net::{Net, Trust};
use crate::secret_url::SecretUrl;
use crate::store::Store;
use serde::Serialize;
use std::borrow::Cow;
use std::time::SystemTime;

/// Upstream's index. `FTPY_INDEX_URL` stands for it.
pub const UPSTREAM: &str =
    "https://releases.astral.sh/github/versions/main/v1/python-build-standalone.ndjson";

/// Upstream's is below 50 MB.
const LARGEST: u64 = 512 << 20;

/// The index in use.
#[derive(Debug)]
pub struct Index {
    /// In the form of `manifests/pbs.txt`.
    pub text: Cow<'static, str>,
    /// What is told of it.
    pub about: About,
    /// Whether FTPY_INDEX_URL names a place from which nothing was fetched yet.
    pub wants_update: bool,
}

/// Where an index is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// `embedded` or `fetched`.
    pub origin: &'static str,
    /// The day it was made or fetched: `2026-11-23`.
    pub date: String,
    /// Where it was fetched from.
    pub url: Option<String>,
    /// How many archives it lists.
    pub archives: usize,
    /// The newest build in it: `20261110`.
    pub newest_build: String,
}

/// The index in use; reads at most one file.
#[must_use]
pub fn in_use(env: &Env, store: &Store) -> Index {
    let kept = std::fs::read_to_string(store.index()).ok();
    let is_ours = |head: &Head<'_>| match &env.index_url {
        Some(url) => head.url == Some(identity(url).as_str()),
        // A list that somebody named once must not outlive the name.
        None => head.url == Some(UPSTREAM) && head.date >= pbs::head(EMBEDDED).date,
    };
    let (text, origin) = match kept {
        Some(kept) if is_ours(&pbs::head(&kept)) => (Cow::Owned(kept), "fetched"),
        _ => (Cow::Borrowed(EMBEDDED), "embedded"),
    };
    let head = pbs::head(&text);
    let about = About {
        origin,
        date: head.date.to_owned(),
        url: head.url.map(|url| SecretUrl::from(url).to_string()),
        archives: 0,
        newest_build: String::new(),
    };
    let wants_update = origin == "embedded" && env.index_url.is_some();
    Index {
        about,
        text,
        wants_update,
    }
}

impl Index {
    /// What it is, with the counts, for which the whole of it is read.
    #[must_use]
    pub fn describe(&self) -> About {
        let (archives, newest_build) = count(&self.text);
        About {
            archives,
            newest_build,
            ..self.about.clone()
        }
    }
}

/// What tells one place from another in the head of a kept index. Parts that are not shown may be
/// part of the place (`/t/TOKEN/`, a query); a name and a password only say who asks.
fn identity(url: &SecretUrl) -> String {
    let shown = url.to_string();
    let Ok(mut parsed) = reqwest::Url::parse(url.expose()) else {
        return shown;
    };
    if parsed
        .set_username("")
        .and(parsed.set_password(None))
        .is_err()
    {
        return shown; // file:// has neither
    }
    match SecretUrl::from(parsed.as_str()).has_secrets() {
        true => format!("{shown}#{}", Digest::of(parsed.as_str().as_bytes())),
        false => shown,
    }
}

fn count(text: &str) -> (usize, String) {
    let mut archives = 0;
    let mut newest = String::new();
    for row in rows(text, |_| true).flatten() {
        archives += 1;
        if row.build > newest {
            newest = row.build;
        }
    }
    (archives, newest)
}

/// Fetches the index, checks it and keeps it.
///
/// # Errors
/// Where it cannot be had, or is none; the one in use stays.
pub async fn update(env: &Env, store: &Store, net: &Net) -> Result<About> {
    let url = env.index_url.clone();
    let url = url.unwrap_or_else(|| SecretUrl::from(UPSTREAM));
    let bytes = net.read(&url, Trust::FromTransport, LARGEST).await?;
    let identity = identity(&url);
    let url = url.to_string();
    let refused = |reason: String| {
        let message = format!("the index at {url} was refused: {reason}");
        Failure::new(Kind::Integrity, message).hint("the index in use stays as it was")
    };
    let ndjson = std::str::from_utf8(&bytes).map_err(|error| refused(error.to_string()))?;
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let head = Head {
        date: now.get(..10).unwrap_or_default(),
        url: Some(&identity),
    };
    let text = convert(ndjson, &head).map_err(|error| refused(error.to_string()))?;
    let (archives, newest_build) = count(&text);
    let (_, embedded) = count(EMBEDDED);
    // A stale cache in between must not take builds away. Who names a place of their own
    // may well list fewer.
    if env.index_url.is_none() && newest_build < embedded {
        return Err(refused(format!(
            "its newest build is {newest_build}, and ftpy itself knows {embedded}"
        )));
    }
    store.claim()?;
    crate::store::write_whole(&store.index(), text.as_bytes())?;
    Ok(About {
        origin: "fetched",
        date: head.date.to_owned(),
        url: Some(url.clone()),
        archives,
        newest_build,
    })
}
