//! Selects the index of python-build-standalone: the embedded one, or one that was fetched and
//! stored in the store.
//!
//! A fetched index is used as long as it is not older than the embedded one, or if FTPY_INDEX_URL
//! is the URL it was fetched from. So ftpy always works offline, and a newer ftpy does not use an
//! outdated index that an older one fetched.

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

/// Upstream's index, unless `FTPY_INDEX_URL` is set.
pub const UPSTREAM: &str =
    "https://releases.astral.sh/github/versions/main/v1/python-build-standalone.ndjson";

/// The maximum size; upstream's is below 50 MB.
const LARGEST: u64 = 512 << 20;

/// The index in use.
#[derive(Debug)]
pub struct Index {
    /// The text, in the format of `manifests/pbs.txt`.
    pub text: Cow<'static, str>,
    /// Its description.
    pub about: About,
    /// Whether FTPY_INDEX_URL is set to a URL that nothing was fetched from yet.
    pub wants_update: bool,
    /// Whether this process fetched it.
    pub is_fresh: bool,
}

/// The origin of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// `embedded` or `fetched`.
    pub origin: &'static str,
    /// The date it was generated or fetched: `2026-11-23`.
    pub date: String,
    /// The URL it was fetched from.
    pub url: Option<String>,
    /// The number of archives in it.
    pub archives: usize,
    /// The newest build in it: `20261110`.
    pub newest_build: String,
}

/// A fetched index that is not used.
#[derive(Debug, thiserror::Error)]
#[error("invalid index at {url}: {reason}")]
struct InvalidIndex {
    /// The URL it was fetched from, without secrets.
    url: String,
    /// What is wrong.
    reason: String,
}

impl From<InvalidIndex> for Failure {
    fn from(error: InvalidIndex) -> Self {
        Self::new(Kind::Integrity, error.to_string()).hint("ftpy keeps using the current index")
    }
}

/// Loads the index in use; reads at most one file.
#[must_use]
pub fn in_use(env: &Env, store: &Store) -> Index {
    let kept = std::fs::read_to_string(store.index()).ok();
    let is_ours = |head: &Head<'_>| match &env.index_url {
        Some(url) => head.url == Some(identity(url).as_str()),
        // An index from a custom URL must not be used after FTPY_INDEX_URL is unset.
        None => head.url == Some(UPSTREAM) && head.date >= pbs::head(&EMBEDDED).date,
    };
    let (text, origin) = match kept {
        Some(kept) if is_ours(&pbs::head(&kept)) => (Cow::Owned(kept), "fetched"),
        _ => (Cow::Borrowed(EMBEDDED.as_str()), "embedded"),
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
        is_fresh: false,
    }
}

impl Index {
    /// Describes it, including the counts, which requires reading all of it.
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

/// Identifies a URL in the header of a stored index. Secret parts may matter (`/t/TOKEN/`, a
/// query); a user name and password only authenticate.
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
        return shown; // file:// has no secrets
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

/// Fetches, checks and stores the index.
///
/// # Errors
/// Returns an error if it is unavailable or invalid; the current one is kept.
pub async fn update(env: &Env, store: &Store, net: &Net) -> Result<About> {
    let url = env.index_url.clone();
    let url = url.unwrap_or_else(|| SecretUrl::from(UPSTREAM));
    let bytes = net.read(&url, Trust::FromTransport, LARGEST).await?;
    let identity = identity(&url);
    let url = url.to_string();
    let refused = |reason: String| InvalidIndex {
        url: url.clone(),
        reason,
    };
    let ndjson = std::str::from_utf8(&bytes).map_err(|error| refused(error.to_string()))?;
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let head = Head {
        date: now.get(..10).unwrap_or_default(),
        url: Some(&identity),
    };
    let text = convert(ndjson, &head).map_err(|error| refused(error.to_string()))?;
    let (archives, newest_build) = count(&text);
    let (_, embedded) = count(&EMBEDDED);
    // A stale cache must not remove builds from upstream's index. A custom index may well list
    // fewer.
    if env.index_url.is_none() && newest_build < embedded {
        return Err(refused(format!(
            "its newest build {newest_build} is older than the embedded index ({embedded})"
        ))
        .into());
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
