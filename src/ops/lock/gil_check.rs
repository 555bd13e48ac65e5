//! `--check-gil` of `ftpy lock`: the packages of the project, for the locked builds.

use crate::check::Findings;
use crate::error::{Failure, Kind, Result};
use crate::lock::{Lock, LockedBuild};
use crate::ops::check::project::check_project;
use crate::ops::context::Context;
use crate::ops::lock::project::Project;
use crate::wheel::WheelTarget;

/// Checks the packages of the project for the locked free-threaded builds, if that is wanted.
pub(crate) fn findings(
    context: &Context,
    project: &Project,
    lock: &Lock,
    is_wanted: bool,
) -> Result<Option<Findings>> {
    if !is_wanted {
        return Ok(None);
    }
    let targets = targets(lock);
    if targets.is_empty() {
        let message = "--check-gil: no free-threaded build is locked";
        return Err(
            Failure::new(Kind::Usage, message).hint("lock one: `ftpy lock 3.14t --check-gil`")
        );
    }
    let directory = project.lock_file.parent().unwrap_or(&project.lock_file);
    let found = check_project(context, directory, targets)?;
    found.map(Some).ok_or_else(|| {
        let message = format!(
            "--check-gil: {} has no file that lists packages",
            directory.display()
        );
        Failure::new(Kind::NotFound, message).hint(
            "make one with your installer: uv.lock, pylock.toml, poetry.lock, requirements.txt",
        )
    })
}

/// The locked free-threaded builds, as targets of wheels.
fn targets(lock: &Lock) -> Vec<WheelTarget> {
    let mut targets = Vec::new();
    for entry in &lock.entries {
        let LockedBuild::Build(candidate) = &entry.found else {
            continue;
        };
        let build = &candidate.build;
        if !build.abi.is_free_threaded() {
            continue;
        }
        let target = WheelTarget::of_build(build, &entry.platform);
        targets.extend(target.filter(|it| !targets.contains(it)));
    }
    targets
}
