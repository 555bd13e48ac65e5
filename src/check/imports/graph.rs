//! The modules of all packages, and what each of them imports, and when.

use super::resolve::{Resolver, is_on_use, relative};
use super::sources::{ModuleImports, PackageImports};
use super::standard::is_standard;
use crate::python_imports::{Form, Import};
use std::collections::BTreeMap;

/// The modules of packages with their imports.
#[derive(Debug, Default)]
pub struct ImportGraph {
    /// Sorted by name; the other lists are in the same order.
    pub(super) modules: Vec<Module>,
    /// Sorted.
    pub(super) packages: Vec<String>,
    /// The modules that import each one, when they are imported.
    pub(super) imported_by: Vec<Vec<u32>>,
}

/// A module.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    /// The number of its package.
    pub(super) package: u32,
    /// The modules that it imports when it is imported, its parent among them. Sorted.
    pub(super) imports: Vec<u32>,
    /// The modules that its functions import.
    pub(super) later: Vec<Later>,
    /// The modules whose names are strings in it, if a function imports by a computed name.
    pub(super) by_name: Vec<Later>,
    /// The names that it imports when they are used, with the modules that have them.
    pub(super) on_use: Vec<(String, u32)>,
}

/// An import by a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Later {
    pub(super) target: u32,
    /// `f`, `Class.method`, or the name that a lazy import binds.
    pub(super) function: String,
}

impl ImportGraph {
    /// Connects the modules of packages.
    #[must_use]
    pub fn new(packages: &[PackageImports]) -> Self {
        let mut names: Vec<String> = packages.iter().map(|it| it.package.clone()).collect();
        names.sort();
        names.dedup();
        let number = |package: &str| {
            let found = names.binary_search_by(|name| name.as_str().cmp(package));
            u32::try_from(found.unwrap_or_default()).unwrap_or_default()
        };
        let mut all: BTreeMap<&str, (u32, Option<&ModuleImports>)> = BTreeMap::new();
        for package in packages {
            let of_package = number(&package.package);
            for (name, module) in &package.modules {
                let entry = all.entry(name).or_insert((of_package, None));
                // Of two packages with the same module, the first one counts.
                if entry.1.is_none() || entry.0 > of_package {
                    *entry = (of_package, Some(module));
                }
                let parents = name.match_indices('.').map(|(at, _)| &name[..at]);
                for parent in parents {
                    all.entry(parent).or_insert((of_package, None));
                }
            }
        }
        let resolver = Resolver::new(all.iter().map(|(name, it)| (*name, it.1)).collect());
        let modules = all.iter().zip(0..);
        let modules: Vec<Module> = modules
            .map(|((name, (package, module)), number)| {
                let mut built = connected(&resolver, name, number, *module);
                built.package = *package;
                built
            })
            .collect();
        let mut imported_by = vec![Vec::new(); modules.len()];
        for (module, number) in modules.iter().zip(0_u32..) {
            for import in &module.imports {
                imported_by[*import as usize].push(number);
            }
        }
        Self {
            modules,
            packages: names,
            imported_by,
        }
    }

    /// The number of a module.
    pub(super) fn number(&self, module: &str) -> Option<u32> {
        let found = self
            .modules
            .binary_search_by(|it| it.name.as_str().cmp(module));
        found.ok().and_then(|number| u32::try_from(number).ok())
    }
}

/// A module with its imports.
fn connected(
    resolver: &Resolver<'_>,
    name: &str,
    number: u32,
    module: Option<&ModuleImports>,
) -> Module {
    let mut built = Module {
        name: name.to_owned(),
        package: 0,
        imports: Vec::new(),
        later: Vec::new(),
        by_name: Vec::new(),
        on_use: Vec::new(),
    };
    let parent = name.rsplit_once('.').map(|(parent, _)| parent);
    built
        .imports
        .extend(parent.and_then(|parent| resolver.exact(parent)));
    let Some(module) = module else { return built };
    let known = module.imports.iter();
    built
        .imports
        .extend(known.filter_map(|import| resolver.longest(import)));
    for import in &module.scan.imports {
        if is_replaced(resolver, number, import, module) || is_on_use(import) {
            continue;
        }
        add(resolver, number, import, module, &mut built);
    }
    built.by_name = by_name(resolver, name, module);
    let lazy = resolver.lazy[number as usize].iter();
    built.on_use = lazy
        .filter_map(|target| {
            let found = resolver.member(number, &target.name, 0)?;
            Some((target.name.clone(), found))
        })
        .collect();
    built.imports.retain(|import| *import != number);
    built.imports.sort_unstable();
    built.imports.dedup();
    for list in [&mut built.later, &mut built.by_name] {
        list.sort();
        list.dedup();
    }
    built.on_use.sort();
    built.on_use.dedup();
    built
}

/// Adds the modules that an import names.
fn add(
    resolver: &Resolver<'_>,
    number: u32,
    import: &Import,
    module: &ModuleImports,
    built: &mut Module,
) {
    let mut later = |function: &str, targets: Vec<u32>| {
        built.later.extend(targets.into_iter().map(|target| Later {
            target,
            function: function.to_owned(),
        }));
    };
    match (&import.function, &import.form) {
        (Some(function), _) if !is_called(function, import, module) => {
            later(function, resolver.targets(number, import));
        }
        (None, Form::LazyImport(bound)) => later(bound, resolver.targets(number, import)),
        (None, Form::LazyFrom) => {
            for (name, bound) in &import.names {
                later(bound, resolver.target_of_name(number, import, name));
            }
        }
        _ => built.imports.extend(resolver.targets(number, import)),
    }
}

/// Whether the module calls the function while it is imported, and the function always imports.
fn is_called(function: &str, import: &Import, module: &ModuleImports) -> bool {
    let called = &module.scan.called;
    let name = function
        .strip_suffix(".__init__")
        .or(function.strip_suffix(".__new__"))
        .unwrap_or(function);
    !import.is_conditional && called.iter().any(|called| called == name)
}

/// Whether an import is in the handler of a `try` whose own imports succeed.
fn is_replaced(
    resolver: &Resolver<'_>,
    number: u32,
    import: &Import,
    module: &ModuleImports,
) -> bool {
    let Some(tried) = import.instead_of else {
        return false;
    };
    let imports = module.scan.imports.iter();
    let mut tried = imports
        .filter(|other| other.tried_in == Some(tried))
        .peekable();
    tried.peek().is_some()
        && tried.all(|other| {
            let top = other.module.split('.').next().unwrap_or_default();
            !resolver.targets(number, other).is_empty() || is_standard(top)
        })
}

/// The modules that are named by strings of a module that imports by a computed name.
fn by_name(resolver: &Resolver<'_>, name: &str, module: &ModuleImports) -> Vec<Later> {
    let mut functions = module.scan.computed.iter();
    let Some(function) = functions.find(|function| *function != "__getattr__") else {
        return Vec::new();
    };
    let package = match module.is_package {
        true => Some(name),
        false => name.rsplit_once('.').map(|(parent, _)| parent),
    };
    let strings = module.scan.module_like.iter();
    let found = strings.filter_map(|text| {
        let below = text.trim_start_matches('.');
        let level = u32::try_from(text.len() - below.len()).ok()?;
        let full = match level {
            0 => text.clone(),
            level => relative(package?, level, below)?,
        };
        Some(Later {
            target: resolver.exact(&full)?,
            function: function.clone(),
        })
    });
    found.collect()
}
