//! Checks the packages that are installed in an environment.

use crate::check::{CheckedModule, CheckedPackage, Class, ModuleReport, Remedy, tracker};
use crate::error::Result;
use crate::host::plain_file;
use crate::ops::check::environment::{InstalledPackage, SitePackages, headers, installed};
use crate::ops::context::Context;
use crate::report::Verb;
use crate::xray::Abi;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Checks all packages of a directory.
pub(super) fn check(context: &Context, site: &SitePackages) -> Result<Vec<CheckedPackage>> {
    let packages = installed(site)?;
    let task = context.reporter.task("check");
    task.step_on(Verb::Checking, site.directory.display().to_string());
    let abi = site.python.map(|(minor, free_threaded)| Abi {
        minor,
        free_threaded,
        stable: false,
    });
    let reports = judge(site, &packages, abi);
    let required_by = required_by(&packages);
    let checked = packages.iter().zip(reports).map(|(package, modules)| {
        let modules: Vec<CheckedModule> = modules.into_iter().map(CheckedModule::from).collect();
        let class = Class::of_modules(&modules, false);
        let is_offender = class == Class::TurnsOn;
        let name = normalized(&package.name);
        CheckedPackage {
            version: package.version.clone(),
            target: None,
            wheel: None,
            tag: None,
            is_hash_verified: false,
            class,
            modules,
            reason: None,
            remedy: is_offender.then(|| Remedy {
                tracker: tracker(package.metadata.as_bytes()),
                ..Remedy::default()
            }),
            required_by: required_by.get(&name).cloned().unwrap_or_default(),
            location: None,
            name,
        }
    });
    Ok(checked.collect())
}

/// Examines all modules, on all cores.
fn judge(
    site: &SitePackages,
    packages: &[InstalledPackage],
    abi: Option<Abi>,
) -> Vec<Vec<ModuleReport>> {
    let files: Vec<(usize, &String)> = packages
        .iter()
        .enumerate()
        .flat_map(|(number, package)| package.modules.iter().map(move |file| (number, file)))
        .collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut found = Vec::new();
        while let Some((number, file)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let report = match plain_file::read(&site.directory.join(file)) {
                Ok(contents) => ModuleReport::of_file(file, &contents, abi),
                Err(failure) => ModuleReport::unreadable(file, failure),
            };
            found.extend(report.map(|report| (*number, report)));
        }
        found
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut reports: Vec<Vec<ModuleReport>> = packages.iter().map(|_| Vec::new()).collect();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            // The engine does not panic; if it did, its packages would be missing.
            let found = worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (number, report) in found {
                reports[number].push(report);
            }
        }
    });
    reports
}

/// Which packages require each one, by their metadata, optional features aside.
fn required_by(packages: &[InstalledPackage]) -> BTreeMap<String, Vec<String>> {
    let mut required: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        for requirement in headers(&package.metadata, "Requires-Dist") {
            let (requirement, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
            if marker.contains("extra") {
                continue;
            }
            let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
            let name = normalized(&requirement[..end.unwrap_or(requirement.len())]);
            let above = required.entry(name).or_default();
            above.push(normalized(&package.name));
            above.dedup();
        }
    }
    required
}

/// The normalized name of a package: `scikit-image` for `scikit_image`.
pub(super) fn normalized(name: &str) -> String {
    let mut normal = String::new();
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            _ => normal.extend(c.to_lowercase()),
        }
    }
    normal
}
