//! Checks packages by their wheels, which are read but not installed.

use crate::check::imports::PackageImports;
use crate::check::{
    CheckedModule, CheckedPackage, Class, Dependency, Remedy, WheelFile, as_imported, fallback_abi,
};
use crate::error::Result;
use crate::ops::check::bites;
use crate::ops::check::selection::{Chosen, Selection};
use crate::wheel_reader::{
    ReadOptions, ReaderTools, WheelError, WheelRead, WheelToRead, read_wheels,
};
use crate::xray::Abi;
use std::collections::HashMap;

/// Reads the selected wheels, each once, and judges the packages.
pub(super) async fn check(
    tools: ReaderTools<'_>,
    packages: &[Dependency],
    selections: &[Selection],
    is_full: bool,
) -> Result<Vec<CheckedPackage>> {
    let mut numbers: HashMap<(usize, usize, Option<Abi>), usize> = HashMap::new();
    let mut wanted: Vec<WheelToRead> = Vec::new();
    let mut reads: Vec<Option<usize>> = Vec::new();
    for selection in selections {
        let Chosen::Wheel { number, .. } = &selection.wheel else {
            reads.push(None);
            continue;
        };
        let wheel = &packages[selection.package].wheels[*number];
        let abi = fallback_abi(&wheel.name, Some(&selection.target));
        let key = (selection.package, *number, abi);
        let read = numbers.entry(key).or_insert_with(|| {
            let wheel = wheel.clone();
            wanted.push(WheelToRead { wheel, abi });
            wanted.len() - 1
        });
        reads.push(Some(*read));
    }
    let options = ReadOptions {
        is_full,
        ..ReadOptions::default()
    };
    let results = read_wheels(tools, &wanted, options).await?;
    let checked = selections.iter().zip(reads).map(|(selection, read)| {
        let package = &packages[selection.package];
        judged(package, selection, read.map(|read| &results[read]))
    });
    let mut checked: Vec<CheckedPackage> = checked.collect();
    if checked.iter().any(bites::has_offender) {
        let imports = imports(tools, packages, &wanted, &checked).await?;
        bites::add(&mut checked, &imports);
    }
    Ok(checked)
}

/// The imports that say when an offender is imported. They are the same on all platforms, so one
/// wheel of each package is read. A wheel that cannot be read is named elsewhere.
async fn imports(
    tools: ReaderTools<'_>,
    packages: &[Dependency],
    wanted: &[WheelToRead],
    checked: &[CheckedPackage],
) -> Result<Vec<PackageImports>> {
    let concerned = bites::concerned(checked);
    let mut names = Vec::new();
    let mut reads = Vec::new();
    for package in packages {
        let is_wanted = concerned
            .as_ref()
            .is_none_or(|names| names.contains(&package.name));
        let own = |read: &&WheelToRead| {
            let own = &package.wheels;
            own.iter().any(|wheel| wheel.name == read.wheel.name)
        };
        if let Some(read) = wanted.iter().find(own).filter(|_| is_wanted) {
            names.push(package.name.clone());
            reads.push(read.clone());
        }
    }
    let options = ReadOptions {
        reads_sources: true,
        ..ReadOptions::default()
    };
    let results = read_wheels(tools, &reads, options).await?;
    let imports = names
        .into_iter()
        .zip(results)
        .filter_map(|(package, read)| {
            let read = read.ok()?;
            let modules = read
                .report
                .modules
                .iter()
                .map(|it| (&it.module, &it.verdict));
            let extensions = bites::extensions(modules);
            let scans = read.sources.into_iter();
            let scans = scans.map(|source| (source.path, source.scan)).collect();
            Some(PackageImports::of(&package, &extensions, scans))
        });
    Ok(imports.collect())
}

fn judged(
    package: &Dependency,
    selection: &Selection,
    read: Option<&Result<WheelRead, WheelError>>,
) -> CheckedPackage {
    let mut checked = CheckedPackage {
        name: package.name.clone(),
        version: package.version.clone(),
        target: Some(selection.target),
        class: Class::Unreadable,
        required_by: package.required_by.clone(),
        location: package.location.clone(),
        ..CheckedPackage::default()
    };
    match &selection.wheel {
        Chosen::Nothing(class, reason) => {
            checked.class = *class;
            checked.reason = Some(reason.clone());
        }
        Chosen::Wheel { number, tag } => {
            checked.wheel = Some(package.wheels[*number].name.file.clone());
            checked.tag = Some(tag.clone());
            checked.is_of_platform = !tag.ends_with("-any");
            match read {
                Some(Ok(read)) => add(&mut checked, read, &package.wheels[*number]),
                Some(Err(error)) => checked.reason = Some(error.to_string()),
                None => {}
            }
        }
    }
    checked
}

fn add(checked: &mut CheckedPackage, read: &WheelRead, wheel: &WheelFile) {
    let report = &read.report;
    let target = checked.target;
    let modules = report.modules.iter();
    let modules = modules.filter_map(|it| as_imported(it, target?));
    checked.modules = modules.map(CheckedModule::from).collect();
    let is_abi3t = wheel.name.abis.iter().any(|abi| abi == "abi3t");
    checked.class = Class::of_modules(&checked.modules, is_abi3t);
    checked.is_hash_verified = report.is_hash_verified;
    checked.remedy = (checked.class == Class::TurnsOn).then(|| Remedy {
        tracker: report.tracker.clone(),
        ..Remedy::default()
    });
}
