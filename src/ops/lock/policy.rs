//! Checks locked builds against policy. A lock and a bundle are lists of builds, like an index: if
//! policy restricts such lists, their digests must match the source's own list.

use crate::error::{Failure, Result};
use crate::index;
use crate::manifest::{pbs, source};
use crate::ops::conda;
use crate::ops::context::Context;
use crate::policy::{self, Policy};
use crate::provider::{Candidate, Recipe};
use crate::secret_url::SecretUrl;
use ftpy_core::provider_name::ProviderName;
use std::path::Path;

/// The list that builds and digests come from.
#[derive(Debug)]
pub(crate) enum List {
    /// `ftpy.lock`; the builds are downloaded from their sources.
    Lock,
    /// A bundle, which also contains the builds.
    Bundle(SecretUrl),
}

impl List {
    /// Returns the bundle at a path.
    pub(crate) fn bundle(path: &Path) -> Self {
        Self::Bundle(file_url(path))
    }

    fn place(&self) -> SecretUrl {
        match self {
            Self::Lock => SecretUrl::from(crate::lock::FILE),
            Self::Bundle(url) => url.clone(),
        }
    }
}

/// Returns a path as a URL, which policy expects.
fn file_url(path: &Path) -> SecretUrl {
    let path = path.to_string_lossy().replace('%', "%25");
    SecretUrl::from(format!("file://{path}"))
}

/// Checks builds of a list against policy.
///
/// # Errors
/// Returns an error if policy forbids one of them.
pub(crate) fn check<'a>(
    context: &Context,
    builds: impl IntoIterator<Item = &'a Candidate>,
    list: &List,
) -> Result<()> {
    let policy = policy::read()?;
    if let List::Bundle(url) = list {
        policy.allows_place(url)?;
    }
    for build in builds {
        policy.allows(build)?;
        if policy.restricts_lists() && policy.allows_index(&list.place()).is_err() {
            check_listed(context, &policy, build, list)?;
        }
    }
    Ok(())
}

/// Refuses a build whose digest is not in the source's own list.
fn check_listed(context: &Context, policy: &Policy, build: &Candidate, list: &List) -> Result<()> {
    let is_listed = match (&build.recipe, list) {
        (Recipe::Conda { packages }, List::Lock) => {
            let mut channels = packages.iter().map(|package| channel(&package.url));
            channels.try_fold(true, |is_listed, channel| {
                Ok::<bool, Failure>(
                    is_listed
                        && (conda::is_usual(&context.env, &channel)?
                            || policy.allows_index(&channel).is_ok()),
                )
            })?
        }
        // A channel's digests are known from the bundle only.
        (Recipe::Conda { .. }, List::Bundle(_)) => false,
        _ => match build.provider {
            ProviderName::Pbs => is_in_index(context, policy, build)?,
            ProviderName::Source => {
                let mut rows = source::rows(source::EMBEDDED);
                rows.any(|row| Some(row.sha256) == build.sha256() && row.file() == build.file())
            }
            _ => true,
        },
    };
    if is_listed {
        return Ok(());
    }
    let Err(forbidden) = policy.allows_index(&list.place()) else {
        return Ok(());
    };
    let name = build.build.name();
    let failure = Failure::from(forbidden);
    let why = format!("its {name} differs from the list of {}", build.provider);
    Err(failure
        .details([why])
        .hint("`ftpy index update` fetches the newest list of builds"))
}

/// Returns whether the current index has this digest. Policy must allow the index, too.
fn is_in_index(context: &Context, policy: &Policy, build: &Candidate) -> Result<bool> {
    let own = context.env.index_url.as_ref();
    if let Some(url) = own.filter(|url| url.expose() != index::UPSTREAM) {
        policy.allows_index(url)?;
    }
    let index = index::in_use(&context.env, &context.store);
    let version = build.build.version;
    let mut rows = pbs::rows(&index.text, |one| *one == version).flatten();
    Ok(rows.any(|row| row.file == build.file() && row.sha256 == build.sha256()))
}

/// Returns `<channel>` of `<channel>/<subdir>/<file>`.
fn channel(url: &SecretUrl) -> SecretUrl {
    let parts = url.expose().rsplitn(3, '/');
    SecretUrl::from(parts.last().unwrap_or_default())
}
