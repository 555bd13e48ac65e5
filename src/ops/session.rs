//! The environment of every command that downloads or compiles: a runtime, Ctrl-C, the index.

use crate::error::{Kind, Result};
use crate::execute::{Options, Session};
use crate::index::{self, Index};
use crate::net::Patience;
use crate::ops::confirm::confirm;
use crate::ops::context::Context;
use crate::ops::runtime::CommandRuntime;
use crate::report::Verb;
use std::sync::Arc;

/// Runs `work` with a session.
pub(crate) fn with_session<T>(
    context: &Context,
    options: Options,
    work: impl AsyncFnOnce(&Arc<Session>) -> Result<T>,
) -> Result<T> {
    let (runtime, cancel) = CommandRuntime::start()?;
    let net = context.net(cancel)?;
    let reporter = Arc::clone(&context.reporter);
    let session = Session::new(context.env.clone(), net, reporter, options, confirm);
    let session = Arc::new(session);
    runtime.block_on(work(&session))
}

/// Returns the current index, and downloads it first if FTPY_INDEX_URL names one that was never
/// downloaded. If that fails, no other index replaces it.
pub(crate) async fn index_in_use(session: &Session) -> Result<Index> {
    let Session {
        env, store, net, ..
    } = session;
    let found = index::in_use(env, store);
    if !found.wants_update {
        return Ok(found);
    }
    let hint = "unset FTPY_INDEX_URL to use the list inside ftpy";
    let updated = index::update(env, store, net).await;
    updated.map_err(|failure| match failure.kind {
        Kind::Network | Kind::Integrity => failure.hint(hint),
        // The URL is not the cause.
        _ => failure,
    })?;
    Ok(fresh(index::in_use(env, store)))
}

fn fresh(index: Index) -> Index {
    Index {
        is_fresh: true,
        ..index
    }
}

/// Fetches the list of builds, for a version that the given one lacks. Returns `None` if it cannot
/// be fetched, after a note.
///
/// # Errors
/// Returns an error if the user presses Ctrl-C.
pub(crate) async fn refreshed_index(session: &Session, request: &str) -> Result<Option<Index>> {
    let Session {
        env, store, net, ..
    } = session;
    let updated = {
        let task = session.reporter.task("index");
        let what = format!("the list of builds, because the current one lacks {request}");
        task.step_on(Verb::Fetching, what);
        Patience::Patient
            .during(index::update(env, store, net))
            .await
    };
    match updated {
        Ok(_) => Ok(Some(fresh(index::in_use(env, store)))),
        Err(failure) if failure.kind == Kind::Interrupted => Err(failure),
        Err(failure) => {
            let date = index::in_use(env, store).about.date;
            session.reporter.note(format!(
                "the list of builds of {date} lacks {request}, and cannot be updated: {failure}"
            ));
            Ok(None)
        }
    }
}

/// Returns the newest index. If it is unavailable, a note is printed and the current one is used,
/// except with FTPY_INDEX_URL, which has no fallback.
pub(crate) async fn newest_index(session: &Session, is_offline: bool) -> Result<Index> {
    let Session {
        env, store, net, ..
    } = session;
    if is_offline {
        return index_in_use(session).await;
    }
    // An older index is available.
    let update = Patience::Patient.during(index::update(env, store, net));
    match update.await {
        Ok(_) => {}
        // Without write access to the store, its current index is used.
        Err(failure)
            if failure.kind == Kind::Interrupted
                || (env.index_url.is_some() && failure.kind != Kind::System) =>
        {
            return Err(failure);
        }
        Err(failure) => {
            let date = index::in_use(env, store).about.date;
            session.reporter.note(format!(
                "using the list of builds of {date}; it cannot be updated: {failure}"
            ));
        }
    }
    Ok(index::in_use(env, store))
}
