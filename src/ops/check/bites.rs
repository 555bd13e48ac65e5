//! When the modules that turn the GIL on are imported, by the sources of the packages.

use crate::check::imports::{ExtensionModule, ImportGraph, PackageImports};
use crate::check::{CheckedModule, CheckedPackage, ModuleVerdict};
use std::collections::BTreeSet;

/// Whether a package has a module that turns the GIL on.
pub(super) fn has_offender(package: &CheckedPackage) -> bool {
    package.modules.iter().any(is_offender)
}

fn is_offender(module: &CheckedModule) -> bool {
    module.verdict == ModuleVerdict::On
}

/// Adds to each offender when it is imported.
pub(super) fn add(packages: &mut [CheckedPackage], imports: &[PackageImports]) {
    let graph = ImportGraph::new(imports);
    let listed: BTreeSet<String> = packages.iter().map(|it| it.name.clone()).collect();
    let listed: Vec<String> = listed.into_iter().collect();
    for module in packages.iter_mut().flat_map(|package| &mut package.modules) {
        if is_offender(module) {
            let (bites, reached_from) = graph.bites(&module.module, &listed);
            module.bites = Some(bites);
            module.reached_from = reached_from;
        }
    }
}

/// The names of the packages whose sources say when an offender is imported: its own, and those
/// that require it, directly or not. `None` if it is not known who requires whom.
pub(super) fn concerned(packages: &[CheckedPackage]) -> Option<BTreeSet<String>> {
    if packages
        .iter()
        .all(|package| package.required_by.is_empty())
    {
        return None;
    }
    let mut concerned = BTreeSet::new();
    let offenders = packages.iter().filter(|package| has_offender(package));
    let mut left: Vec<&str> = offenders.map(|package| package.name.as_str()).collect();
    while let Some(name) = left.pop() {
        if concerned.insert(name.to_owned()) {
            let same = packages.iter().filter(|package| package.name == name);
            left.extend(same.flat_map(|package| package.required_by.iter().map(String::as_str)));
        }
    }
    Some(concerned)
}

/// The extension modules of a package. Their own imports are not known, except of the module that
/// makes them.
pub(super) fn extensions<'a>(
    modules: impl Iterator<Item = (&'a String, &'a ModuleVerdict)>,
) -> Vec<ExtensionModule> {
    let modules = modules.map(|(module, verdict)| ExtensionModule {
        module: module.clone(),
        imports: match verdict {
            ModuleVerdict::Delegated(to) => vec![to.clone()],
            _ => Vec::new(),
        },
    });
    modules.collect()
}
