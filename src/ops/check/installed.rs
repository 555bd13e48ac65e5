//! Checks the packages that are installed in an environment.

use crate::check::imports::PackageImports;
use crate::check::{
    CheckedModule, CheckedPackage, Class, ModuleReport, Parents, Remedy, as_imported, tracker,
};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{plain_file, target};
use crate::ops::check::bites;
use crate::ops::check::environment::{InstalledPackage, SitePackages, headers, installed};
use crate::ops::check::environment_cache::{EnvironmentCache, Seen, Stamp};
use crate::ops::check::module_file;
use crate::parallel::on_all_cores;
use crate::python_imports::{Scan, scan};
use crate::store::Store;
use crate::wheel::{WheelTarget, normalized_name};
use crate::xray::Abi;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Why there is no other version of a package that did not come from an index.
pub(crate) const NOT_FROM_INDEX: &str = "installed from a file, URL or repository of its own";

/// What is installed in a directory, judged.
pub(super) struct Judged {
    pub(super) packages: Vec<InstalledPackage>,
    /// In the same order, without files that belong to no package and are not modules.
    pub(super) checked: Vec<CheckedPackage>,
}

/// Checks all packages of a directory, and says when offenders are imported.
pub(super) fn check(store: &Store, site: &SitePackages) -> Result<Vec<CheckedPackage>> {
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
    let Judged {
        packages,
        mut checked,
    } = judged(store, site, None)?;
    if checked.iter().any(bites::has_offender) {
        let imports = imports(site, &packages, &checked);
        bites::add(&mut checked, &imports);
    }
    Ok(checked)
}

/// Judges all packages of a directory. Modules that are not read by the deadline are left out.
pub(super) fn judged(
    store: &Store,
    site: &SitePackages,
    deadline: Option<Instant>,
) -> Result<Judged> {
    let packages = installed(site)?;
    let reports = judge(store, site, &packages, deadline);
    let parents = parents(&packages);
    let checked = packages.iter().zip(reports).map(|(package, modules)| {
        let modules: Vec<CheckedModule> = modules.into_iter().map(CheckedModule::from).collect();
        let class = Class::of_modules(&modules, false);
        let is_offender = class == Class::TurnsOn;
        let name = normalized_name(&package.name);
        CheckedPackage {
            version: package.version.clone(),
            class,
            is_of_platform: package.is_of_platform,
            modules,
            remedy: is_offender.then(|| Remedy {
                // An index may have a stranger's package of the same name.
                none_because: package.is_direct.then(|| NOT_FROM_INDEX.to_owned()),
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
    Ok(Judged { packages, checked })
}

/// The imports that say when an offender is imported. The sources are read and dropped one by one.
fn imports(
    site: &SitePackages,
    packages: &[InstalledPackage],
    checked: &[CheckedPackage],
) -> Vec<PackageImports> {
    let files: Vec<(usize, &String)> = files(packages, |package| &package.sources);
    let scans = on_all_cores(&files, |(_, file)| {
        let contents = plain_file::read_in_place(&site.directory.join(file)).ok()?;
        Some(scan(&contents))
    });
    let mut scanned: Vec<Vec<(String, Scan)>> = packages.iter().map(|_| Vec::new()).collect();
    for ((number, file), scan) in files.into_iter().zip(scans) {
        scanned[number].extend(scan.map(|scan| (file.clone(), scan)));
    }
    let imports = packages.iter().zip(scanned).filter_map(|(package, scans)| {
        let name = normalized_name(&package.name);
        let checked = checked.iter().find(|it| it.name == name)?;
        let modules = checked.modules.iter().map(|it| (&it.module, &it.verdict));
        Some(PackageImports::of(
            &name,
            &bites::extensions(modules),
            scans,
        ))
    });
    imports.collect()
}

/// Files of all packages, each with the number of its package.
fn files(
    packages: &[InstalledPackage],
    of: impl Fn(&InstalledPackage) -> &Vec<String>,
) -> Vec<(usize, &String)> {
    let packages = packages.iter().enumerate();
    packages
        .flat_map(|(number, package)| of(package).iter().map(move |file| (number, file)))
        .collect()
}

/// Checks one extension module. `minor` applies if its name does not say which Python it is for.
///
/// # Errors
/// Returns an error if it cannot be read, or is not a module.
pub(super) fn check_module(path: &Path, minor: u8) -> Result<CheckedPackage> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let abi = Abi {
        minor,
        free_threaded: true,
        stable: false,
    };
    let examine = |contents: &[u8]| ModuleReport::of_file(&name, contents, Some(abi));
    let report = module_file::with_bytes(path, examine).map_err(IoFailure::at("read", path))?;
    let report = report.ok_or_else(|| {
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

/// Examines all modules that are not cached, on all cores.
fn judge(
    store: &Store,
    site: &SitePackages,
    packages: &[InstalledPackage],
    deadline: Option<Instant>,
) -> Vec<Vec<ModuleReport>> {
    let abi = site.python.map(|(minor, free_threaded)| Abi {
        minor,
        free_threaded,
        stable: false,
    });
    let target = site.python.and_then(|(minor, is_free_threaded)| {
        WheelTarget::of_host(&target::detect(), minor, is_free_threaded)
    });
    let files = files(packages, |package| &package.modules);
    let cache = EnvironmentCache::read(store, &site.directory, abi);
    let found = on_all_cores(&files, |(_, file)| {
        let path = site.directory.join(file);
        let stamp = Stamp::of(&path)?;
        if let Some(seen) = cache.get(file, &stamp) {
            return Some(seen.clone());
        }
        if deadline.is_some_and(|end| Instant::now() >= end) {
            return None;
        }
        let examine = |contents: &[u8]| ModuleReport::of_file(file, contents, abi);
        let report = match module_file::with_bytes(&path, examine) {
            Ok(report) => report,
            Err(failure) => ModuleReport::unreadable(file, failure),
        };
        Some(Seen::new(stamp, report))
    });
    let mut reports: Vec<Vec<ModuleReport>> = packages.iter().map(|_| Vec::new()).collect();
    let mut all = BTreeMap::new();
    for ((number, file), seen) in files.into_iter().zip(found) {
        let Some(seen) = seen else { continue };
        let imported = seen.report.as_ref().and_then(|report| match target {
            Some(target) => as_imported(report, target),
            None => Some(report.clone()),
        });
        reports[number].extend(imported);
        all.insert(file.clone(), seen);
    }
    cache.replace(store, (&site.directory, abi), all);
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
