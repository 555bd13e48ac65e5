//! The one way in which everything is installed, whoever asks: `install`, `install --locked`,
//! `bundle install`, `build`, `upgrade`, `ci setup`, and what another command needs first.
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

/// Installs the targets that are not there. Nothing is begun unless each of them has something
/// to try.
///
/// # Errors
/// Where a target has no build, or could not be installed; the others are brought to their end.
pub(crate) async fn install(
    session: &Arc<Session>,
    targets: Vec<InstallTarget>,
) -> Result<Vec<InstallResult>> {
    check_plans(&targets)?;
    // A store of another user is not written to for nothing.
    let targets = match existing_only(targets) {
        Ok(there) => return Ok(there.into_iter().map(InstallResult::Installed).collect()),
        Err(targets) => targets,
    };
    session.store.sweep()?;
    execute_all(session, targets).await
}

/// As [`install`], and then the twin of each result, in the same order behind them: of what was
/// really installed, which may be another patch than the best one.
///
/// # Errors
/// As [`install`], and where a target has no twin; then nothing is begun.
pub(crate) async fn install_with_twins(
    session: &Arc<Session>,
    targets: Vec<InstallTarget>,
    preferences: &Preferences,
) -> Result<Vec<InstallResult>> {
    check_plans(&targets)?;
    // What has no twin is refused before minutes of compiling.
    let reuse = match session.options.reinstalls {
        true => Reuse::Linked,
        false => Reuse::All,
    };
    check_plans(&twins_of_targets(session, &targets, preferences, reuse).await?)?;
    let mut results = install(session, targets).await?;
    let keys = results.iter().map(|result| {
        let key = row(result).key;
        Key::from_name(key, &session.host).ok_or_else(|| {
            let message = format!("{key} has no twin: its key is not valid");
            Failure::new(Kind::Internal, message)
        })
    });
    let keys: Vec<Key> = keys.collect::<Result<_>>()?;
    let twins = twins(session, keys.iter(), preferences, reuse).await?;
    results.extend(install(session, twins).await?);
    Ok(results)
}

/// The twins of what is there or would be made first.
///
/// # Errors
/// Where one of them has no twin.
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
    // A twin comes from where its sibling came from.
    let preferences = Preferences {
        from: Vec::new(),
        ..preferences.clone()
    };
    resolve(session, &requests, &preferences, reuse).await
}
