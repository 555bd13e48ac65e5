//! One package of a solved conda environment, as plain data: part of a plan and of a receipt.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};

/// A package with everything that is needed to have exactly it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// `python`
    pub name: String,
    /// `3.14.7`
    pub version: String,
    /// `h32b2ec7_2_cp314t`
    pub build: String,
    /// `python-3.14.7-h32b2ec7_2_cp314t.conda`
    pub file: String,
    /// Where it is.
    pub url: String,
    /// What its bytes must be; `None` where the channel does not tell.
    pub sha256: Option<Digest>,
    /// In bytes, if the channel tells.
    pub size: Option<u64>,
    /// The record as the channel has it: `repodata_record.json`, which conda tools read.
    pub record: serde_json::Value,
}

impl Package {
    /// The package as it may be shown and written down: `redact` takes passwords out of a URL.
    #[must_use]
    pub fn redacted(&self, redact: fn(&str) -> String) -> Self {
        let mut package = self.clone();
        package.url = redact(&package.url);
        for field in ["url", "channel"] {
            if let Some(serde_json::Value::String(text)) = package.record.get_mut(field) {
                *text = redact(text);
            }
        }
        package
    }
}
