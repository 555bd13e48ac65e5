//! `ftpy check`: which dependencies turn the GIL on, without running them. This part is pure,
//! except that [`lock`] opens lock files; nothing here uses the network.
//!
//! ```text
//! lock, requirements, environment, wheels -> Dependency       dependency
//! Dependency x WheelTarget -> the wheel that would be taken   wheel
//! wheel -> module files, verdicts                             xray, verdict
//! import statements -> when a module bites                    imports
//! all of it -> CheckedPackage -> table, JSON, SARIF, HTML     finding, render
//! many packages -> a site                                     survey
//! ```

mod bites;
mod dependency;
mod finding;
mod importable;
pub mod imports;
pub mod lock;
mod marker;
mod metadata;
mod parents;
pub mod render;
mod resolution;
mod simple_index;
pub mod survey;
mod verdict;
mod wheel_contents;
mod wheel_report;

pub use bites::Bites;
pub use dependency::{Dependency, FileLocation, WheelFile, WheelPlace};
pub use finding::{CheckedModule, CheckedPackage, Class, Findings, ReachedFrom, Remedy};
pub use importable::as_imported;
pub use marker::applies;
pub use metadata::tracker;
pub use parents::Parents;
pub use resolution::{Annotation, annotations, pip_report};
pub use simple_index::{Candidate, Release, candidates, releases};
pub use verdict::{ModuleEvidence, ModuleVerdict};
pub use wheel_contents::{
    ModuleMember, WheelContents, fallback_abi, installed_path, is_library, module_name,
};
pub use wheel_report::{ModuleReport, WheelReport};
