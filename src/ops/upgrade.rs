//! What became of the installations that `ftpy upgrade` upgraded, and of their packages.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::install::result::{InstallResult, row};
use crate::ops::move_packages::{MovedPackages, move_packages, packages_in};
use crate::ops::upgrade_candidates::UpgradeCandidate;
use crate::report::text;
use crate::store::Installed;

/// How packages are installed into the new installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovePackages {
    /// Also from source.
    pub(crate) allows_sdists: bool,
}

/// An installation, what it was upgraded to, and what became of its packages.
pub(crate) struct Upgraded<'a> {
    pub(crate) newer: &'a UpgradeCandidate,
    pub(crate) to: Option<Installed>,
    /// `None` if they were not to move.
    pub(crate) packages: Option<MovedPackages>,
}

/// Returns what an upgrade made, after moving the packages if that is wanted.
pub(crate) fn upgraded<'a>(
    context: &Context,
    moving: Option<MovePackages>,
    outcomes: &[InstallResult],
    newer: &'a UpgradeCandidate,
) -> Result<Upgraded<'a>> {
    let to = made(context, outcomes, newer);
    let packages = to.as_ref().zip(moving).map(|(to, moving)| {
        let packages = packages_in(&newer.current.prefix);
        move_packages(context, packages, to, moving.allows_sdists)
    });
    Ok(Upgraded {
        newer,
        packages: packages.transpose()?,
        to,
    })
}

/// Returns the installation that an upgrade made.
fn made(
    context: &Context,
    outcomes: &[InstallResult],
    newer: &UpgradeCandidate,
) -> Option<Installed> {
    let mut rows = outcomes.iter().map(row);
    let row = rows.find(|row| row.receipt.request == newer.plan.request)?;
    let mut all = context.store.installed(&target::detect()).into_iter();
    all.find(|one| one.key.to_string() == row.key)
}

/// Fails if a package could not be installed. Everything else is done.
pub(crate) fn conclude(upgrades: &[Upgraded<'_>], allows_sdists: bool) -> Result<()> {
    let packages = upgrades.iter().filter_map(|one| one.packages.as_ref());
    let left: usize = packages.map(|packages| packages.left.len()).sum();
    if left == 0 {
        return Ok(());
    }
    let message = format!("{} could not be installed", text::count(left, "package"));
    let failure = Failure::new(Kind::Build, message)
        .hint("the old installation still has them; `ftpy prune` would remove it");
    Err(match allows_sdists {
        true => failure,
        false => failure.hint("only wheels were considered; `--allow-sdists` also builds"),
    })
}
