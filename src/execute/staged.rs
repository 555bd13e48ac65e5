//! An interpreter in a stage, before it is finalised and probed.

use crate::net::Fetched;
use crate::probe::REQUIRED;
use crate::store::{Inventory, Stage};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// An interpreter in a stage, not finalised, not probed.
pub(super) struct StagedInstall {
    /// The directory that holds it.
    pub(super) stage: Stage,
    /// The prefix, below the stage.
    pub(super) root: PathBuf,
    /// Its files.
    pub(super) inventory: Inventory,
    /// The archive that it was made from.
    pub(super) fetched: Fetched,
    /// `PYTHON.json` of a full archive.
    pub(super) python_json: Option<Vec<u8>>,
    /// The settings of configure.
    pub(super) flags: Vec<String>,
    /// Modules, by extension name, that the interpreter must import, with their common names.
    pub(super) modules: Vec<RequiredModule>,
    /// Notes for the user about the build.
    pub(super) notes: Vec<String>,
    /// Milliseconds of each step.
    pub(super) timings: BTreeMap<&'static str, f64>,
}

/// A module that the probe tries to import.
#[derive(Debug, Clone)]
pub(super) struct RequiredModule {
    /// `_ssl`
    pub(super) extension: String,
    /// `ssl`
    pub(super) name: String,
    /// Whether an interpreter without it is refused.
    pub(super) is_required: bool,
}

/// The modules that every archive must be able to import.
pub(super) fn required_modules() -> Vec<RequiredModule> {
    let modules = REQUIRED.iter().map(|extension| RequiredModule {
        extension: (*extension).to_owned(),
        name: extension.trim_start_matches('_').to_owned(),
        is_required: true,
    });
    modules.collect()
}

/// Returns the time since `started`, in milliseconds.
pub(super) fn milliseconds(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}
