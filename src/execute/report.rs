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
    /// Where it is.
    pub prefix: PathBuf,
    /// Whether this process installed it; another one may have been faster.
    pub is_new: bool,
    /// Newer versions that were unavailable, and why.
    pub passed_over: Vec<PassedOver>,
    /// Those of which no message has spoken yet.
    #[serde(skip)]
    pub(super) newer: Vec<String>,
    /// What the person should know about the build.
    #[serde(skip)]
    pub notes: Vec<String>,
    /// How long all of it took, where that was measured.
    #[serde(skip)]
    pub took: Option<Duration>,
    /// Milliseconds of each step.
    pub timings_ms: BTreeMap<&'static str, f64>,
    /// Its origin and the findings of the probe.
    pub receipt: Receipt,
}

/// A version that was unavailable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// `3.14.10t-pbs-20261110`
    pub key: String,
    /// `3.14.10t`
    pub name: String,
    /// Why.
    pub reason: String,
    /// Why, in fewer words.
    #[serde(skip)]
    pub(super) summary: String,
    #[serde(skip)]
    pub(super) version: Version,
}

impl InstallReport {
    /// The report of an installation that another request or process made.
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

    /// `newer versions unavailable: 3.14.10t, 3.14.9t`, unless a message named them all.
    #[must_use]
    pub fn newer_note(&self) -> Option<String> {
        let names = self.newer.join(", ");
        (!names.is_empty()).then(|| format!("newer versions unavailable: {names}"))
    }
}
