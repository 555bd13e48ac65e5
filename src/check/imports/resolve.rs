//! Which modules an import statement names.

use super::sources::ModuleImports;
use crate::python_imports::{Anchor, Form, Import};
use std::collections::HashMap;

/// How often a name that is imported on use may lead to another one.
const DEEPEST: u32 = 8;

/// All modules by name, with what their names stand for.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    pub(super) numbers: HashMap<&'a str, u32>,
    /// By number; `None` for a directory without `__init__.py`.
    pub(super) modules: Vec<(&'a str, Option<&'a ModuleImports>)>,
    /// For each module, the names that it imports when they are used.
    pub(super) lazy: Vec<Vec<LazyTarget>>,
}

/// Where a name comes from that is imported when it is used.
#[derive(Debug)]
pub(super) struct LazyTarget {
    pub(super) name: String,
    module: String,
    attribute: Option<String>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(modules: Vec<(&'a str, Option<&'a ModuleImports>)>) -> Self {
        let names = modules.iter().zip(0..);
        let numbers = names.map(|((name, _), number)| (*name, number)).collect();
        let lazy = modules.iter().map(|(name, module)| match module {
            Some(module) => lazy_targets(name, module),
            None => Vec::new(),
        });
        let lazy = lazy.collect();
        Self {
            numbers,
            modules,
            lazy,
        }
    }

    /// The modules that an import of a module names; the parents of each are imported, too.
    pub(super) fn targets(&self, importer: u32, import: &Import) -> Vec<u32> {
        let (name, module) = self.modules[importer as usize];
        let is_package = module.is_some_and(|module| module.is_package);
        let Some(base) = absolute(name, is_package, import) else {
            return Vec::new();
        };
        let Some(found) = self.longest(&base) else {
            return Vec::new();
        };
        let mut targets = vec![found];
        if self.modules[found as usize].0 == base {
            for (name, _) in &import.names {
                match name.as_str() {
                    "*" => targets.extend(self.exported(found)),
                    name => targets.extend(self.member(found, name, 0)),
                }
            }
        }
        targets
    }

    /// The module that one name of a `from` statement leads to.
    pub(super) fn target_of_name(&self, importer: u32, import: &Import, name: &str) -> Vec<u32> {
        let one = Import {
            names: vec![(name.to_owned(), name.to_owned())],
            ..import.clone()
        };
        self.targets(importer, &one)
    }

    /// A module by its exact name.
    pub(super) fn exact(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The module of this name, or its nearest parent that exists.
    pub(super) fn longest(&self, name: &str) -> Option<u32> {
        let mut name = name;
        loop {
            if let Some(found) = self.exact(name) {
                return Some(found);
            }
            name = name.rsplit_once('.')?.0;
        }
    }

    /// The module that a name of a module is, or is taken from when it is used.
    pub(super) fn member(&self, module: u32, name: &str, depth: u32) -> Option<u32> {
        let mut lazy = self.lazy[module as usize].iter();
        if let Some(target) = lazy.find(|target| target.name == name)
            && depth < DEEPEST
            && let Some(found) = self.longest(&target.module)
        {
            let attribute = target.attribute.as_deref();
            let inside = attribute.filter(|_| found != module);
            let inside = inside.and_then(|name| self.member(found, name, depth + 1));
            return Some(inside.unwrap_or(found));
        }
        let full = format!("{}.{name}", self.modules[module as usize].0);
        self.exact(&full)
    }

    /// The modules that `from module import *` imports.
    fn exported(&self, module: u32) -> Vec<u32> {
        let all = self.modules[module as usize].1;
        let all = all.map_or(&[][..], |module| &module.scan.all[..]);
        let names = all.iter();
        names
            .filter_map(|name| self.member(module, name, 0))
            .collect()
    }
}

/// The absolute name of the module that an import names.
fn absolute(importer: &str, is_package: bool, import: &Import) -> Option<String> {
    if import.level == 0 {
        return Some(import.module.clone());
    }
    let own = match is_package {
        true => Some(importer),
        false => importer.rsplit_once('.').map(|(parent, _)| parent),
    };
    let package = match &import.form {
        Form::Call(Anchor::Name) => Some(importer),
        Form::Call(Anchor::Literal(package)) => Some(package.as_str()),
        Form::Call(Anchor::Absent | Anchor::Unknown) => None,
        _ => own,
    };
    relative(package?, import.level, &import.module)
}

/// `a.c` for `..c` in `a.b`.
pub(super) fn relative(package: &str, level: u32, module: &str) -> Option<String> {
    let mut base = package;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    Some(match module {
        "" => base.to_owned(),
        module => format!("{base}.{module}"),
    })
}

/// The names that a module imports when they are used: by `lazy_loader`, or by the imports in its
/// `__getattr__` (PEP 562).
fn lazy_targets(name: &str, module: &ModuleImports) -> Vec<LazyTarget> {
    let attached = module.scan.lazy_names.iter().map(|lazy| LazyTarget {
        name: lazy.name.clone(),
        module: format!("{name}.{}", lazy.submodule),
        attribute: (!lazy.is_submodule).then(|| lazy.name.clone()),
    });
    let mut targets: Vec<LazyTarget> = attached.collect();
    let imports = module.scan.imports.iter();
    for import in imports.filter(|import| is_on_use(import)) {
        let Some(base) = absolute(name, module.is_package, import) else {
            continue;
        };
        if let Form::Import(bound) = &import.form {
            targets.push(LazyTarget {
                name: bound.clone(),
                module: base.clone(),
                attribute: None,
            });
        }
        targets.extend(import.names.iter().map(|(attribute, bound)| LazyTarget {
            name: bound.clone(),
            module: base.clone(),
            attribute: Some(attribute.clone()),
        }));
    }
    targets
}

/// Whether an import is executed when a name of the module is used.
pub(super) fn is_on_use(import: &Import) -> bool {
    import.function.as_deref() == Some("__getattr__")
}
