//! What came of a plan.

use crate::store::Receipt;
use ftpy_core::version::Version;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What came of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct InstallReport {
    /// `3.14.7t-pbs-20260901`
    pub key: String,
    /// Where it is.
    pub prefix: PathBuf,
    /// Whether this process made it; another one may have been faster.
    pub is_new: bool,
    /// Newer versions that could not be had, and why.
    pub passed_over: Vec<PassedOver>,
    /// Milliseconds of each step.
    pub timings_ms: BTreeMap<&'static str, f64>,
    /// Where it came from and what the probe saw.
    pub receipt: Receipt,
}

/// A version that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// `3.14.10t-pbs-20261110`
    pub key: String,
    /// `3.14.10t`
    pub name: String,
    /// Why.
    pub reason: String,
    #[serde(skip)]
    pub(super) version: Version,
}

impl InstallReport {
    /// `could not be had: 3.14.10t (...), 3.14.9t`: what is newer than what was taken.
    #[must_use]
    pub fn newer_note(&self) -> Option<String> {
        let mut names: Vec<&str> = Vec::new();
        for passed in &self.passed_over {
            if !names.contains(&passed.name.as_str()) {
                names.push(&passed.name);
            }
        }
        (!names.is_empty()).then(|| format!("newer, but could not be had: {}", names.join(", ")))
    }
}
