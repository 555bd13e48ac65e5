//! The target of a request: an existing installation, or a way to make one.

use crate::error::{Failure, Kind, Result};
use crate::execute::LocalArchive;
use crate::policy;
use crate::resolve::Plan;
use crate::store::Receipt;
use ftpy_core::key::Key;
use ftpy_core::target::Target;
use std::path::PathBuf;

/// The target of a request.
pub(crate) enum InstallTarget {
    /// An installation that matches the request.
    Installed(ExistingInstall),
    /// Ways to make one.
    Plan(Plan),
    /// An archive, whose interpreter reports what it is.
    Archive(LocalArchive),
}

/// A complete installation.
pub(crate) struct ExistingInstall {
    pub(crate) receipt: Box<Receipt>,
    pub(crate) prefix: PathBuf,
}

impl InstallTarget {
    /// Returns the key of the installation or of the first attempt, or `None` for an archive.
    pub(crate) fn key(&self, host: &Target) -> Option<Key> {
        match self {
            Self::Installed(existing) => Key::from_name(&existing.receipt.key, host),
            Self::Plan(plan) => plan.attempts.first().map(|attempt| attempt.key.clone()),
            Self::Archive(_) => None,
        }
    }
}

/// Returns the installations if all targets are installed, else the targets.
pub(crate) fn existing_only(
    targets: Vec<InstallTarget>,
) -> std::result::Result<Vec<ExistingInstall>, Vec<InstallTarget>> {
    if !targets
        .iter()
        .all(|target| matches!(target, InstallTarget::Installed(_)))
    {
        return Err(targets);
    }
    let there = targets.into_iter().filter_map(|target| match target {
        InstallTarget::Installed(existing) => Some(existing),
        InstallTarget::Plan(_) | InstallTarget::Archive(_) => None,
    });
    Ok(there.collect())
}

/// The hint if no such build exists.
const SHOWS: &str = "`ftpy list --available` lists the available builds";

/// Checks that every plan has an attempt, before anything starts.
pub(crate) fn check_plans<'a>(targets: impl IntoIterator<Item = &'a InstallTarget>) -> Result<()> {
    for target in targets {
        if let InstallTarget::Plan(plan) = target
            && plan.attempts.is_empty()
        {
            let message = format!("no source has {}", plan.request);
            let (kind, hint) = match plan {
                _ if plan.is_forbidden => (Kind::Forbidden, policy::HINT),
                _ if plan.is_unreachable => (Kind::Network, SHOWS),
                _ => (Kind::NotFound, SHOWS),
            };
            let failure = Failure::new(kind, message).details(plan.reasons());
            return Err(match kind {
                Kind::Forbidden => failure.hint(hint),
                _ => suggest(failure, plan).hint(hint),
            });
        }
    }
    Ok(())
}

/// Adds what helps against a version that the list of builds lacks.
fn suggest(failure: Failure, plan: &Plan) -> Failure {
    let failure = match plan.nearest.as_slice() {
        [] => failure,
        [one] => failure.hint(format!("the nearest version is `{one}`")),
        several => {
            let names: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
            failure.hint(format!("the nearest versions are {}", names.join(" and ")))
        }
    };
    match &plan.list_date {
        None => failure,
        Some(date) => failure.hint(format!(
            "the list of builds is of {date}; `ftpy index update` fetches the newest one"
        )),
    }
}
