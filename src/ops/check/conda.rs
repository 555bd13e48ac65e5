//! Checks packages of conda by their archives: downloaded, compared with the digest of the lock,
//! unpacked into a stage, and read like an environment. What was found is cached.

use crate::check::lock::CondaPackage;
use crate::check::{
    CheckedModule, CheckedPackage, Class, ModuleReport, Parents, Remedy, WheelReport, as_imported,
    tracker,
};
use crate::conda::{extract, extract_whole};
use crate::error::{Failure, Kind, Result};
use crate::net::{Download, fetch};
use crate::ops::check::environment::{installed, site_packages};
use crate::ops::check::module_file;
use crate::wheel::{WheelPlatform, WheelTarget, normalized_name};
use crate::wheel_reader::{ReaderTools, cached_report, keep_report};
use crate::xray::Abi;
use futures_util::{StreamExt, stream};
use std::path::Path;
use tokio::sync::mpsc;

/// How many archives are read at once.
const AT_ONCE: usize = 4;

/// Checks the packages of Python that a lock lists for the targets' platforms.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C. All others belong to one package.
pub(super) async fn check(
    tools: ReaderTools<'_>,
    packages: &[CondaPackage],
    targets: &[WheelTarget],
) -> Result<Vec<CheckedPackage>> {
    let mut parents = Parents::default();
    for package in packages {
        for required in &package.depends {
            let name = required.split(' ').next().unwrap_or_default();
            parents.add(name, &package.name);
        }
    }
    let wanted = packages.iter().flat_map(|package| {
        let targets = targets.iter().filter(|target| is_for(package, **target));
        targets.map(move |target| (package, *target))
    });
    let wanted = wanted.filter(|(package, _)| is_of_python(package));
    let reading: Vec<_> = wanted
        .map(|(package, target)| judged(tools, package, target))
        .collect();
    let mut reading = stream::iter(reading).buffered(AT_ONCE);
    let mut checked = Vec::new();
    while let Some(mut one) = reading.next().await {
        if tools.net.cancel().is_cancelled() {
            return Err(crate::cancel::interrupted());
        }
        one.required_by = parents.of(&one.name);
        checked.push(one);
    }
    Ok(checked)
}

/// Whether a package is installed on a target's platform.
fn is_for(package: &CondaPackage, target: WheelTarget) -> bool {
    let platform = package.subdir.parse::<WheelPlatform>();
    package.subdir == "noarch"
        || platform.is_ok_and(|platform| platform.name() == target.platform.name())
}

/// Whether a package needs Python, and is not Python itself.
fn is_of_python(package: &CondaPackage) -> bool {
    let mut names = package.depends.iter();
    let needs = names.any(|it| matches!(it.split(' ').next(), Some("python" | "python_abi")));
    let is_python = package.name.starts_with("python_abi")
        || ["python", "python-freethreading", "python-gil"].contains(&package.name.as_str());
    needs && !is_python
}

/// The ABI that a package was built for: `cp314t` of `python_abi 3.14.* *_cp314t`.
fn abi_of(package: &CondaPackage) -> Option<Abi> {
    let mut specs = package.depends.iter().map(|it| it.split(' '));
    let mut abi = specs.find(|words| words.clone().next() == Some("python_abi"))?;
    abi.next_back()?.rsplit(['_', '*']).find_map(Abi::parse)
}

async fn judged(
    tools: ReaderTools<'_>,
    package: &CondaPackage,
    target: WheelTarget,
) -> CheckedPackage {
    let abi = abi_of(package);
    let target = WheelTarget {
        minor: abi.map_or(target.minor, |abi| abi.minor),
        ..target
    };
    let mut checked = CheckedPackage {
        name: normalized_name(&package.name),
        version: package.version.clone(),
        target: Some(target),
        wheel: Some(package.file_name()),
        tag: Some(format!("{}-{}", package.subdir, package.build)),
        location: package.location.clone(),
        class: Class::PurePython,
        ..CheckedPackage::default()
    };
    // A package for all platforms has no extension modules.
    if package.subdir == "noarch" {
        return checked;
    }
    if abi.is_some_and(|abi| !abi.free_threaded) {
        checked.class = Class::NoWheel;
        checked.reason = Some("its build is for a Python with the GIL".to_owned());
        return checked;
    }
    match report(tools, package, abi).await {
        Ok(report) => {
            let modules = report.modules.iter();
            let modules = modules.filter_map(|it| as_imported(it, target));
            checked.modules = modules.map(CheckedModule::from).collect();
            checked.class = Class::of_modules(&checked.modules, false);
            checked.is_hash_verified = report.is_hash_verified;
            checked.remedy = (checked.class == Class::TurnsOn).then(|| Remedy {
                tracker: report.tracker,
                ..Remedy::default()
            });
        }
        Err(failure) => {
            checked.class = Class::Unreadable;
            checked.reason = Some(failure.to_string());
        }
    }
    checked
}

/// What is in a package: from the cache, else from its archive.
async fn report(
    tools: ReaderTools<'_>,
    package: &CondaPackage,
    abi: Option<Abi>,
) -> Result<WheelReport> {
    let Some(sha256) = package.sha256 else {
        let text = "the lock does not give its sha256";
        return Err(Failure::new(Kind::Integrity, text));
    };
    if let Some(report) = cached_report(tools.store, &sha256, abi) {
        return Ok(report);
    }
    if tools.net.is_offline() {
        let text = "not cached, and not downloaded (--offline)";
        return Err(Failure::new(Kind::Network, text));
    }
    let stage = tokio::task::block_in_place(|| tools.store.cache_stage())?;
    let (archive, file) = (stage.path().join("archive"), package.file_name());
    let urls = [package.url.clone()];
    let download = Download {
        urls: &urls,
        sha256: Some(sha256),
        size: package.size,
        cached: Some(archive.clone()),
        partial: Some(stage.path().join("partial")),
        file: &file,
    };
    // The archive is read when it is complete and verified.
    let (sender, _) = mpsc::channel(1);
    let task = tools.reporter.task(&file);
    let fetched = fetch(tools.net, &download, sender, &task).await;
    fetched.map_err(|error| Failure::new(Kind::Network, error.to_string()))?;
    drop(task);
    let unpacked = stage.path().join("package");
    let read = move || {
        unpack(&file, &archive, &unpacked)?;
        read(&unpacked, abi)
    };
    let report = tokio::task::spawn_blocking(read).await;
    let report = report.map_err(|_| {
        let text = "a bug in ftpy: its examination ended with a panic";
        Failure::new(Kind::Internal, text)
    })??;
    drop(stage);
    keep_report(tools.store, &sha256, abi, &report);
    Ok(report)
}

fn unpack(file: &str, archive: &Path, directory: &Path) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(Kind::Integrity, error.to_string());
    std::fs::create_dir(directory).map_err(|error| failed(&error))?;
    let unpacked = match file.ends_with(".conda") {
        true => extract_whole(archive, directory),
        false => {
            let opened = std::fs::File::open(archive).map_err(|error| failed(&error))?;
            extract(file, opened, directory)
        }
    };
    unpacked.map(drop).map_err(|error| failed(&error))
}

/// Judges the modules of an unpacked package.
fn read(directory: &Path, abi: Option<Abi>) -> Result<WheelReport> {
    let mut report = WheelReport {
        is_hash_verified: true,
        ..WheelReport::default()
    };
    for site in site_packages(directory) {
        let packages = installed(&site)?;
        for file in packages.iter().flat_map(|package| &package.modules) {
            let examine = |contents: &[u8]| ModuleReport::of_file(file, contents, abi);
            let read = module_file::with_bytes(&site.directory.join(file), examine);
            let read = read.unwrap_or_else(|error| ModuleReport::unreadable(file, error));
            report.modules.extend(read);
        }
        let mut trackers = packages.iter().map(|it| tracker(it.metadata.as_bytes()));
        report.tracker = report.tracker.or_else(|| trackers.find_map(|it| it));
    }
    Ok(report)
}
