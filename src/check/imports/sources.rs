//! The sources of a package, and the imports in them.

use super::standard::is_standard;
use crate::check::wheel_contents::installed_path;
use crate::parallel::on_all_cores;
use crate::python_imports::{Form, Import, LazyName, Scan, scan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The Python sources and extension modules of a package: from a wheel, or an environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The normalized name of the package.
    pub package: String,
    /// Its `.py` files, and the `.pyi` files of packages (`__init__.pyi`), which `lazy_loader`
    /// reads when a package is imported.
    pub files: Vec<SourceFile>,
    /// Its extension modules.
    pub extensions: Vec<ExtensionModule>,
}

/// A source file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path in the wheel or below site-packages, with `/`.
    pub path: String,
    /// The bytes.
    pub contents: Vec<u8>,
}

/// An extension module.
#[derive(Debug, Clone)]
pub struct ExtensionModule {
    /// The name by which it is imported: `lxml.etree`.
    pub module: String,
    /// The modules that it is known to import: `_cffi_backend`.
    pub imports: Vec<String>,
}

/// The imports of a package. They depend on its files only, and so can be cached by their digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageImports {
    /// The normalized name of the package.
    pub package: String,
    /// Its modules, by name.
    pub modules: BTreeMap<String, ModuleImports>,
}

/// The imports of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleImports {
    /// Whether it is a package: `__init__.py`.
    pub is_package: bool,
    /// The imports of its source; those of the Python source beside it for an extension module.
    pub scan: Scan,
    /// Further modules that it is known to import.
    pub imports: Vec<String>,
}

/// Scans the sources of packages, on all cores.
#[must_use]
pub fn scan_packages(packages: &[Sources]) -> Vec<PackageImports> {
    let files: Vec<(usize, &SourceFile)> = packages
        .iter()
        .enumerate()
        .flat_map(|(number, package)| package.files.iter().map(move |file| (number, file)))
        .collect();
    let found = on_all_cores(&files, |(_, file)| scan(&file.contents));
    let mut scans: Vec<Vec<(String, Scan)>> = packages.iter().map(|_| Vec::new()).collect();
    for ((number, file), scan) in files.iter().zip(found) {
        scans[*number].push((file.path.clone(), scan));
    }
    let scanned = packages.iter().zip(scans);
    scanned
        .map(|(package, scans)| PackageImports::of(&package.package, &package.extensions, scans))
        .collect()
}

impl PackageImports {
    /// Puts the scanned sources of a package together, by their paths below site-packages.
    #[must_use]
    pub fn of(package: &str, extensions: &[ExtensionModule], scans: Vec<(String, Scan)>) -> Self {
        let modules = extensions.iter().map(|extension| {
            let module = ModuleImports {
                imports: extension.imports.clone(),
                ..ModuleImports::default()
            };
            (extension.module.clone(), module)
        });
        let mut imports = Self {
            package: package.to_owned(),
            modules: modules.collect(),
        };
        let mut stubs = Vec::new();
        for (path, mut scan) in scans {
            if let Some((name, is_package)) = module_of(&path, ".py") {
                scan.imports.retain(is_of_packages);
                let module = imports.modules.entry(name).or_default();
                // A package hides a module of its name.
                if is_package || !module.is_package {
                    (module.is_package, module.scan) = (is_package, scan);
                }
            } else if let Some((name, _)) = module_of(&path, ".pyi") {
                stubs.push((name, scan));
            }
        }
        for (name, stub) in stubs {
            if let Some(module) = imports.modules.get_mut(&name)
                && module.scan.has_lazy_stub
            {
                module.scan.lazy_names.extend(names_of_stub(stub));
            }
        }
        imports
    }
}

/// Whether an import may be of a package. What a `try` imports is compared with its handlers.
fn is_of_packages(import: &Import) -> bool {
    let top = import.module.split('.').next().unwrap_or_default();
    import.level > 0 || import.tried_in.is_some() || !is_standard(top)
}

/// The module that a source file contains, and whether it is a package; `None` for a file that no
/// statement can import.
fn module_of(path: &str, ending: &str) -> Option<(String, bool)> {
    let stem = installed_path(path)?.strip_suffix(ending)?;
    let mut parts: Vec<&str> = stem.split('/').collect();
    let is_package = parts.len() > 1 && parts.last() == Some(&"__init__");
    if is_package {
        parts.pop();
    }
    let is_of_name = |c: char| c == '_' || c.is_alphanumeric();
    let is_name = |part: &&str| !part.is_empty() && part.chars().all(is_of_name);
    let is_importable = parts.iter().all(is_name);
    is_importable.then(|| (parts.join("."), is_package))
}

/// `from . import a` and `from .b import c`
fn names_of_stub(scan: Scan) -> Vec<LazyName> {
    let imports = scan.imports.into_iter();
    let relative = imports.filter(|import| import.form == Form::From && import.level == 1);
    let names = relative.flat_map(|import| {
        let names = import.names.into_iter();
        names.map(move |(name, _)| LazyName {
            is_submodule: import.module.is_empty(),
            submodule: match import.module.is_empty() {
                true => name.clone(),
                false => import.module.clone(),
            },
            name,
        })
    });
    names.collect()
}
