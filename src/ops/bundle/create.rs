//! Puts the archives of locked builds into one file.

use crate::bundle::{Manifest, Piece, ndjson};
use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Options, Session, obtain};
use crate::lock::{Lock, archives};
use crate::ops::bundle::file::write_file;
use crate::ops::conda;
use crate::ops::context::Context;
use crate::ops::install::locked::{mirrors, source_archives};
use crate::ops::lock::policy::{self, List};
use crate::ops::lock::select::{LockSelection, builds, has_conda, select};
use crate::ops::session::with_session;
use crate::provider::Archive;
use ftpy_core::provider_name::ProviderName;
use std::collections::BTreeMap;
use std::path::Path;

/// Writes a bundle of the selected builds. `has_program` adds the running ftpy.
pub(crate) fn create(
    context: &Context,
    selection: &LockSelection<'_>,
    path: &Path,
    has_program: bool,
) -> Result<Manifest> {
    let lock = select(context, selection)?;
    policy::check(context, builds(&lock), &List::Lock)?;
    if path.is_dir() {
        let message = format!("{} is a directory", path.display());
        return Err(Failure::new(Kind::Usage, message).hint("`--output` names the file to write"));
    }
    with_session(context, Options::default(), async |session| {
        let mut pieces = vec![Piece::lock(lock.to_string())];
        let index = ndjson(builds(&lock));
        if !index.is_empty() {
            pieces.push(Piece::index(index));
        }
        if has_program {
            let own = std::env::current_exe();
            let own = own.map_err(IoFailure::at("find", "the running ftpy"))?;
            pieces.push(Piece::program(own, &session.host.to_string())?);
        }
        pieces.extend(artifacts(session, &lock).await?);
        tokio::task::block_in_place(|| write_file(session, path, pieces))
    })
}

/// Downloads the lock's archives into the cache, and returns them sorted by digest.
async fn artifacts(session: &Session, lock: &Lock) -> Result<Vec<Piece>> {
    let builds = builds(lock);
    if has_conda(&builds) {
        conda::ensure_connected(session)?;
    }
    let mut wanted: BTreeMap<Digest, (ProviderName, Archive)> = BTreeMap::new();
    let here = source_archives(&session.env);
    let mirrors = mirrors(&session.env, &here);
    for build in builds {
        let mut build = build.clone();
        conda::ensure_own_channels(&session.env, &mut build)?;
        for archive in archives(&build, &mirrors) {
            if let Some(sha256) = archive.sha256 {
                wanted.insert(sha256, (build.provider, archive));
            }
        }
    }
    let mut pieces = Vec::new();
    for (sha256, (provider, archive)) in wanted {
        session.cancel().check()?;
        let net = match provider {
            ProviderName::Conda => session.conda.get().unwrap_or(&session.net),
            _ => &session.net,
        };
        let place = session.store.cached(&sha256);
        let size = obtain(session, net, &archive, &place).await?;
        pieces.push(Piece::artifact(sha256, size, &archive.file, place));
    }
    Ok(pieces)
}
