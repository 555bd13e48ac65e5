//! The result of a plan.

use crate::store::Receipt;
use ftpy_core::version::Version;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The result of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct InstallReport {
    /// `3.14.7t-pbs-20260901`
    pub key: String,
    /// Its prefix.
    pub prefix: PathBuf,
    /// Whether this process installed it; another one may have been faster.
    pub is_new: bool,
    /// Newer versions that were unavailable, and why.
    pub passed_over: Vec<PassedOver>,
    /// Those that were not reported yet.
    #[serde(skip)]
    pub(super) newer: Vec<String>,
    /// Notes for the user about the build.
    #[serde(skip)]
    pub notes: Vec<String>,
    /// The total duration, if measured.
    #[serde(skip)]
    pub took: Option<Duration>,
    /// Milliseconds of each step.
    pub timings_ms: BTreeMap<&'static str, f64>,
    /// Its origin and the facts of the probe.
    pub receipt: Receipt,
}

/// A version that was unavailable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// `3.14.10t-pbs-20261110`
    pub key: String,
    /// `3.14.10t`
    pub name: String,
    /// The reason.
    pub reason: String,
    /// The short cause.
    #[serde(skip)]
    pub(super) summary: String,
    #[serde(skip)]
    pub(super) version: Version,
}

impl InstallReport {
    /// The report of an installation by another request or process.
    pub(super) fn existing(key: String, prefix: PathBuf, receipt: Receipt) -> Self {
        Self {
            key,
            prefix,
            is_new: false,
            passed_over: Vec::new(),
            newer: Vec::new(),
            notes: Vec::new(),
            took: None,
            timings_ms: BTreeMap::new(),
            receipt,
        }
    }

    /// Returns `newer versions unavailable: 3.14.10t, 3.14.9t`, unless all were already reported.
    #[must_use]
    pub fn newer_note(&self) -> Option<String> {
        let names = self.newer.join(", ");
        (!names.is_empty()).then(|| format!("newer versions unavailable: {names}"))
    }
}
