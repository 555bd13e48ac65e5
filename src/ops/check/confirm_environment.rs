//! `ftpy check --confirm` of what is not installed: a temporary environment with the wheels that were
//! checked, for this machine. Nothing is built, and no dependency is added.

use crate::check::Findings;
use crate::error::{Failure, Kind, Result};
use crate::host::private_dir::PrivateDir;
use crate::host::target;
use crate::ops::check::environment::{SitePackages, site_packages};
use crate::ops::context::Context;
use crate::ops::installer::Installer;
use crate::ops::lookup_installed;
use crate::ops::make_venv::{isolated, run};
use crate::relocate::executable_name;
use crate::report::{Verb, text};
use crate::wheel::{WheelName, WheelTarget};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A temporary environment, which is removed when dropped.
pub(super) struct ConfirmEnvironment {
    _directory: PrivateDir,
    /// Its directory of packages.
    pub(super) site: SitePackages,
}

/// Installs the wheels that were checked for one of the targets on this machine. `files` are those
/// on the disk; the others come from the installer's index, at the same version.
///
/// # Errors
/// Returns an error if nothing was checked for this machine, no free-threaded build of the version is
/// installed, or the wheels cannot be installed.
pub(super) fn create(
    context: &Context,
    findings: &Findings,
    files: &[(PathBuf, WheelName)],
    targets: &[WheelTarget],
) -> Result<ConfirmEnvironment> {
    let host = target::detect();
    let is_here = |it: &&WheelTarget| {
        WheelTarget::of_host(&host, it.minor, it.is_free_threaded).as_ref() == Some(*it)
    };
    let target = targets.iter().find(is_here).ok_or_else(|| {
        let message = "--confirm imports modules on this machine, for which nothing is checked";
        Failure::new(Kind::Usage, message).hint("leave out --platform")
    })?;
    let wanted = requirements(findings, files, *target);
    if wanted.is_empty() {
        let message = format!("there is no wheel for {target} to confirm");
        return Err(Failure::new(Kind::Usage, message));
    }
    let installed = lookup_installed::best(context, &target.python(), &host)?;
    let name = executable_name(&installed.key.build);
    let python = installed.prefix.join("bin").join(&name);
    let directory = PrivateDir::new(&context.env.temporary, "confirm")?;
    let venv = directory.join("venv");
    let task = context.reporter.task("environment");
    task.step_on(Verb::Installing, text::count(wanted.len(), "wheel"));
    let mut command = isolated(context, &python, "venv");
    command.arg("--without-pip").arg(&venv);
    run(
        context,
        command,
        &venv,
        format!("{name} could not create {}", venv.display()),
    )?;
    let list = directory.join("requirements.txt");
    let text = wanted.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    std::fs::write(&list, text).map_err(crate::error::IoFailure::at("write", &list))?;
    let into = venv.join("bin").join(&name);
    let mut command = Installer::find(context).install(context, &into, &python);
    command
        .args(["--no-deps", "--only-binary", ":all:", "-r"])
        .arg(&list);
    let what = "the wheels could not be installed to confirm them".to_owned();
    run(context, command, &venv, what)?;
    task.done();
    let site = site_packages(&venv).into_iter().next().ok_or_else(|| {
        let message = format!("{} has no site-packages", venv.display());
        Failure::new(Kind::Internal, message)
    })?;
    Ok(ConfirmEnvironment {
        _directory: directory,
        site,
    })
}

/// `lxml==6.1.3`, or the path of a wheel.
fn requirements(
    findings: &Findings,
    files: &[(PathBuf, WheelName)],
    target: WheelTarget,
) -> BTreeSet<String> {
    let paths: BTreeMap<&str, &PathBuf> = files
        .iter()
        .map(|(path, name)| (name.file.as_str(), path))
        .collect();
    let here = findings.packages.iter();
    let is_here = |it: &WheelTarget| it.has_interpreter_of(&target);
    let here = here.filter(|it| it.target.as_ref().is_some_and(is_here) && !it.modules.is_empty());
    here.filter_map(|package| {
        let wheel = package.wheel.as_deref()?;
        Some(match paths.get(wheel) {
            Some(path) => {
                let path = std::path::absolute(path);
                path.ok()?.display().to_string()
            }
            None => format!("{}=={}", package.name, package.version),
        })
    })
    .collect()
}
