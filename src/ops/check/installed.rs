//! Checks the packages that are installed in an environment.

use crate::check::imports::{SourceFile, Sources, scan_packages};
use crate::check::{
    CheckedModule, CheckedPackage, Class, ModuleReport, Parents, Remedy, as_imported, tracker,
};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{plain_file, target};
use crate::ops::check::bites;
use crate::ops::check::environment::{InstalledPackage, SitePackages, headers, installed};
use crate::parallel::on_all_cores;
use crate::wheel::{WheelTarget, normalized_name};
use crate::xray::Abi;
use std::path::Path;

/// Checks all packages of a directory.
pub(super) fn check(site: &SitePackages) -> Result<Vec<CheckedPackage>> {
    if site
        .python
        .is_some_and(|(_, is_free_threaded)| !is_free_threaded)
    {
        let message = format!(
            "{} is of a GIL build: free-threaded builds do not load its modules",
            site.directory.display()
        );
        return Err(Failure::new(Kind::Usage, message).hint(
            "check a lock file or packages by name, whose free-threaded wheels are read: \
             `ftpy check numpy`",
        ));
    }
    let packages = installed(site)?;
    let abi = site.python.map(|(minor, free_threaded)| Abi {
        minor,
        free_threaded,
        stable: false,
    });
    let reports = judge(site, &packages, abi);
    let parents = parents(&packages);
    let checked = packages.iter().zip(reports).map(|(package, modules)| {
        let modules: Vec<CheckedModule> = modules.into_iter().map(CheckedModule::from).collect();
        let class = Class::of_modules(&modules, false);
        let is_offender = class == Class::TurnsOn;
        let name = normalized_name(&package.name);
        CheckedPackage {
            version: package.version.clone(),
            class,
            modules,
            remedy: is_offender.then(|| Remedy {
                tracker: tracker(package.metadata.as_bytes()),
                ..Remedy::default()
            }),
            required_by: parents.of(&name),
            name,
            ..CheckedPackage::default()
        }
    });
    let mut checked: Vec<CheckedPackage> = checked.collect();
    // Shared libraries that belong to no package and are not modules.
    checked.retain(|package| !(package.version.is_empty() && package.modules.is_empty()));
    if checked.iter().any(bites::has_offender) {
        let imports = scan_packages(&sources(site, &packages, &checked));
        bites::add(&mut checked, &imports);
    }
    Ok(checked)
}

/// The sources that say when an offender is imported.
fn sources(
    site: &SitePackages,
    packages: &[InstalledPackage],
    checked: &[CheckedPackage],
) -> Vec<Sources> {
    let mut sources = Vec::new();
    for package in packages {
        let name = normalized_name(&package.name);
        let Some(checked) = checked.iter().find(|it| it.name == name) else {
            continue;
        };
        let files = package.sources.iter().filter_map(|path| {
            let contents = plain_file::read(&site.directory.join(path)).ok()?;
            let path = path.clone();
            Some(SourceFile { path, contents })
        });
        sources.push(Sources {
            package: checked.name.clone(),
            files: files.collect(),
            extensions: bites::extensions(
                checked.modules.iter().map(|it| (&it.module, &it.verdict)),
            ),
        });
    }
    sources
}

/// Checks one extension module. `minor` applies if its name does not say which Python it is for.
///
/// # Errors
/// Returns an error if it cannot be read, or is not a module.
pub(super) fn check_module(path: &Path, minor: u8) -> Result<CheckedPackage> {
    let contents = plain_file::read(path).map_err(IoFailure::at("read", path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let abi = Abi {
        minor,
        free_threaded: true,
        stable: false,
    };
    let report = ModuleReport::of_file(&name, &contents, Some(abi)).ok_or_else(|| {
        let message = format!(
            "{} has no init function: not an extension module",
            path.display()
        );
        Failure::new(Kind::Usage, message)
    })?;
    let name = report.module.clone();
    let modules = vec![CheckedModule::from(report)];
    Ok(CheckedPackage {
        class: Class::of_modules(&modules, false),
        modules,
        name,
        ..CheckedPackage::default()
    })
}

/// Examines all modules, on all cores.
fn judge(
    site: &SitePackages,
    packages: &[InstalledPackage],
    abi: Option<Abi>,
) -> Vec<Vec<ModuleReport>> {
    let target = site.python.and_then(|(minor, is_free_threaded)| {
        WheelTarget::of_host(&target::detect(), minor, is_free_threaded)
    });
    let files: Vec<(usize, &String)> = packages
        .iter()
        .enumerate()
        .flat_map(|(number, package)| package.modules.iter().map(move |file| (number, file)))
        .collect();
    let found = on_all_cores(&files, |(_, file)| {
        let report = match plain_file::read(&site.directory.join(file)) {
            Ok(contents) => ModuleReport::of_file(file, &contents, abi),
            Err(failure) => ModuleReport::unreadable(file, failure),
        }?;
        match target {
            Some(target) => as_imported(&report, target),
            None => Some(report),
        }
    });
    let mut reports: Vec<Vec<ModuleReport>> = packages.iter().map(|_| Vec::new()).collect();
    for ((number, _), report) in files.iter().zip(found) {
        reports[*number].extend(report);
    }
    reports
}

/// Which packages require each one, by their metadata.
fn parents(packages: &[InstalledPackage]) -> Parents {
    let mut parents = Parents::default();
    for package in packages {
        for requirement in headers(&package.metadata, "Requires-Dist") {
            parents.add_requirement(requirement, &package.name);
        }
    }
    parents
}
