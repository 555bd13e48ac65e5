//! `ftpy doctor`: the packages of known environments that turn the GIL on. The index is not asked.

use crate::check::{CheckedPackage, Class, ModuleVerdict};
use crate::doctor::{Code, Finding, Subject};
use crate::error::Result;
use crate::host::target;
use crate::ops::check::environment::{SitePackages, site_packages};
use crate::ops::check::install_command::install_command;
use crate::ops::check::installed::{Judged, judged};
use crate::ops::check::installed_remedy::{self, Asking};
use crate::ops::context::Context;
use crate::report::text;
use crate::venv;
use crate::wheel::WheelTarget;
use ftpy_core::paste;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long all environments may take. What was judged by then is cached for the next time.
const LIMIT: Duration = Duration::from_secs(5);
/// How many modules of a package are listed.
const SHOWN: usize = 4;

/// Checks every free-threaded installation and every known virtual environment.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C.
pub(crate) fn check(context: &Context, subject: &Subject) -> Result<Vec<Finding>> {
    let deadline = Instant::now() + LIMIT;
    let venvs = venv::known(&subject.store, &subject.env);
    let installed = subject.installed.iter().map(|one| one.prefix.clone());
    let environments: Vec<PathBuf> = venvs.into_iter().chain(installed).collect();
    let (mut findings, mut left) = (Vec::new(), Vec::new());
    for environment in environments {
        for site in site_packages(&environment) {
            subject.cancel.check()?;
            let Some((minor, true)) = site.python else {
                continue;
            };
            let Ok(Judged { mut checked, .. }) = judged(&context.store, &site, Some(deadline))
            else {
                continue;
            };
            checked.retain(|package| package.class == Class::TurnsOn);
            if let Some(target) = WheelTarget::of_host(&target::detect(), minor, true) {
                installed_remedy::add(context, &mut checked, target, (&Asking::Cached, None))?;
            }
            if !checked.is_empty() {
                findings.push(finding(&environment, &site, &checked));
            }
            if Instant::now() >= deadline {
                left.push(environment.clone());
            }
        }
    }
    if let Some(first) = left.first() {
        let command = paste!["ftpy", "check", first.display()];
        context.reporter.note(format!(
            "the extension modules of {} were not all read within {} s; `{command}` reads them",
            text::count(left.len(), "environment"),
            LIMIT.as_secs()
        ));
    }
    Ok(findings)
}

fn finding(environment: &Path, site: &SitePackages, packages: &[CheckedPackage]) -> Finding {
    let verb = match packages.len() {
        1 => "turns",
        _ => "turn",
    };
    let message = format!(
        "{} has {} that {verb} the GIL on",
        environment.display(),
        text::count(packages.len(), "package")
    );
    let mut constraints = Vec::new();
    let finding =
        Finding::new(Code::GilTurnedOn, message).details(packages.iter().map(|package| {
            let remedy = package.remedy.as_ref();
            let constraint = remedy.and_then(|it| it.constraint.clone());
            let good = constraint.as_ref().map(|it| format!("; {it} keeps it off"));
            constraints.extend(constraint);
            let (name, version) = (&package.name, &package.version);
            format!(
                "{name} {version}: {}{}",
                modules(package),
                good.unwrap_or_default()
            )
        }));
    if constraints.len() == packages.len() {
        let python = environment.join("bin/python");
        return finding.fix(install_command(&python, &site.directory, &constraints));
    }
    let command = paste!["ftpy", "check", environment.display()];
    finding.advice(format!(
        "`{command}` says when, and looks for versions that keep it off"
    ))
}

/// `lxml.etree, lxml.objectify`
fn modules(package: &CheckedPackage) -> String {
    let on = package.modules.iter();
    let on = on.filter(|module| module.verdict == ModuleVerdict::On);
    let names: Vec<&str> = on.map(|module| module.module.as_str()).collect();
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    match more {
        0 => shown,
        _ => format!("{shown} and {more} more"),
    }
}
