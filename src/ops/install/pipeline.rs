//! The only path to an installation, used by `install`, `install --locked`, `bundle install`,
//! `build`, `upgrade`, `ci setup`, and commands that need an interpreter first.
//!
//! ```text
//! requests -> resolve -> targets -> check -> sweep -> execute -> results, and their twins
//! ```

use crate::error::{Failure, Kind, Result};
use crate::execute::Session;
use crate::ops::install::carry_out::execute_all;
use crate::ops::install::existing::Reuse;
use crate::ops::install::resolve::resolve;
use crate::ops::install::result::{InstallResult, row};
use crate::ops::install::target::{InstallTarget, check_plans, existing_only};
use crate::ops::install::twin;
use crate::resolve::Preferences;
use ftpy_core::key::Key;
use std::sync::Arc;

/// Installs the targets that are missing. Nothing starts unless each of them has an attempt.
///
/// # Errors
/// Returns an error if a target has no build or cannot be installed. The other targets are still
/// finished.
pub(crate) async fn install(
    session: &Arc<Session>,
    targets: Vec<InstallTarget>,
) -> Result<Vec<InstallResult>> {
    check_plans(&targets)?;
    // Without this, an upgrade with nothing to do would fail in another user's store.
    let targets = match existing_only(targets) {
        Ok(there) => return Ok(there.into_iter().map(InstallResult::Installed).collect()),
        Err(targets) => targets,
    };
    session.store.sweep()?;
    execute_all(session, targets).await
}

/// Like [`install`], followed by the twins of the results, in the same order. A twin is that of the
/// actual result, which may be an older patch than the first attempt. `planned` are the twins of the
/// targets, from [`twins_of_targets`].
///
/// # Errors
/// Like [`install`], or if a planned twin has no build. Nothing starts in that case.
pub(crate) async fn install_with_twins(
    session: &Arc<Session>,
    targets: Vec<InstallTarget>,
    planned: &[InstallTarget],
    preferences: &Preferences,
) -> Result<Vec<InstallResult>> {
    check_plans(&targets)?;
    // A missing twin is reported before minutes of compiling.
    check_plans(planned)?;
    let mut results = install(session, targets).await?;
    let keys = results.iter().map(|result| {
        let key = row(result).key;
        Key::from_name(key, &session.host).ok_or_else(|| {
            let message = format!("{key} has no twin: its key is not valid");
            Failure::new(Kind::Internal, message)
        })
    });
    let keys: Vec<Key> = keys.collect::<Result<_>>()?;
    let reuse = match session.options.reinstalls {
        true => Reuse::Linked,
        false => Reuse::All,
    };
    let twins = twins(session, keys.iter(), preferences, reuse).await?;
    results.extend(install(session, twins).await?);
    Ok(results)
}

/// Returns the twins of what is installed, or of the first attempts.
///
/// # Errors
/// Returns an error if one of them has no twin.
pub(crate) async fn twins_of_targets(
    session: &Session,
    targets: &[InstallTarget],
    preferences: &Preferences,
    reuse: Reuse,
) -> Result<Vec<InstallTarget>> {
    let keys: Vec<Key> = targets
        .iter()
        .filter_map(|target| target.key(&session.host))
        .collect();
    twins(session, keys.iter(), preferences, reuse).await
}

async fn twins(
    session: &Session,
    keys: impl Iterator<Item = &Key>,
    preferences: &Preferences,
    reuse: Reuse,
) -> Result<Vec<InstallTarget>> {
    let requests: Vec<_> = keys.map(twin::request).collect::<Result<_>>()?;
    // A twin comes from the same source.
    let preferences = Preferences {
        from: Vec::new(),
        ..preferences.clone()
    };
    resolve(session, &requests, &preferences, reuse).await
}
