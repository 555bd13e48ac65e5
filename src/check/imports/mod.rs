//! When a module is imported, by the import statements of packages.
//!
//! ```text
//! Sources -> PackageImports          sources: one package, a pure function of its files
//! [PackageImports] -> ImportGraph    graph, resolve: modules and what each imports, and when
//! ImportGraph, a module -> Bites     reach, search: the shortest chain that leads to it
//! ```
//!
//! What an extension module imports is not known, unless a Python source of the same name is
//! beside it (Cython's pure mode, mypyc). Modules that a program loads by a name that it computes
//! are not known either: matplotlib's back ends are one example. The chain to their imports begins
//! with such a module, and `loaded_by` names the function, if the name is a string in its file.

mod graph;
mod reach;
mod resolve;
mod search;
mod sources;
mod standard;

pub use graph::ImportGraph;
pub use reach::Reach;
pub use sources::{
    ExtensionModule, ModuleImports, PackageImports, SourceFile, Sources, scan_packages,
};
