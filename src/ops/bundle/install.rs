//! Verifies a bundle, and installs from it without a network.

use crate::bundle::Contents;
use crate::error::{IoFailure, Result};
use crate::execute::{Options, Session};
use crate::lock::{Lock, archives};
use crate::ops::bundle::file::read_file;
use crate::ops::context::Context;
use crate::ops::install::locked::{self, mirrors};
use crate::ops::install::result::InstallResult;
use crate::ops::lock::policy::{self, List};
use crate::ops::session::with_session;
use ftpy_core::request::BuildRequest;
use std::collections::BTreeSet;
use std::path::Path;

/// Reads a whole bundle, and returns its lock file and manifest.
pub(crate) fn verify(context: &Context, path: &Path) -> Result<Contents> {
    with_session(context, Options::default(), async |session| {
        let nowhere = &session.env.temporary;
        let nothing = |_: &Lock| Ok(BTreeSet::new());
        tokio::task::block_in_place(|| read_file(session, path, nowhere, nothing))
    })
}

/// Installs the named requests of a bundle; all of them if none is named.
pub(crate) fn install(
    context: &Context,
    path: &Path,
    named: &[BuildRequest],
    reinstalls: bool,
) -> Result<Vec<InstallResult>> {
    let list = List::bundle(path);
    // Policy is checked before the first byte is read.
    policy::check(context, [], &list)?;
    // Until everything is installed, because archives unpacked into the cache cannot be downloaded
    // again.
    let waiting = || {
        let text = "waiting for another ftpy that empties the cache";
        context.reporter.say(text);
    };
    let _cache = context.store.share_cache(waiting, || false)?;
    let contents = with_session(context, Options::default(), async |session| {
        session.store.sweep()?;
        tokio::task::block_in_place(|| unpack(context, session, (path, &list), named))
    })?;
    let requests = requests(&contents.lock, named);
    // Everything is in the cache now, and no source is queried.
    let offline = Context {
        env: context.env.clone(),
        store: context.store.clone(),
        reporter: context.reporter.clone(),
        is_offline: true,
    };
    let options = Options {
        reinstalls,
        ..Options::default()
    };
    locked::install(&offline, &contents.lock, &requests, options, &list)
}

fn requests<'a>(lock: &'a Lock, named: &'a [BuildRequest]) -> Vec<&'a BuildRequest> {
    match named {
        [] => lock.requests(),
        named => named.iter().collect(),
    }
}

/// Puts the archives that this machine needs into the cache, after reading the whole bundle.
fn unpack(
    context: &Context,
    session: &Session,
    (path, list): (&Path, &List),
    named: &[BuildRequest],
) -> Result<Contents> {
    let stage = session.store.cache_stage()?;
    let choose = |lock: &Lock| {
        let mut wanted = BTreeSet::new();
        for request in requests(lock, named) {
            let candidate = locked::locked(lock, request, &session.host)?;
            policy::check(context, [&candidate], list)?;
            let files = archives(&candidate, &mirrors(&session.env, &[]));
            wanted.extend(files.iter().filter_map(|file| file.sha256));
        }
        // A cached file is verified whenever it is read.
        Ok(wanted)
    };
    let contents = read_file(session, path, stage.path(), choose)?;
    for member in contents.manifest.artifacts() {
        let made = stage.path().join(member.sha256.to_string());
        let place = session.store.cached(&member.sha256);
        if !made.is_file() {
            continue;
        }
        let directory = place.parent().unwrap_or(&place);
        std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
        std::fs::rename(&made, &place).map_err(IoFailure::at("create", &place))?;
    }
    Ok(contents)
}
