//! One package of a solved conda environment, as plain data: part of a plan and of a receipt.

use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// A package with everything that is needed to have exactly it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub url: SecretUrl,
    /// What its bytes must be; `None` where the channel does not tell.
    pub sha256: Option<Digest>,
    /// In bytes, if the channel tells.
    pub size: Option<u64>,
    /// The record as the channel has it: `repodata_record.json`, which conda tools read.
    #[serde(serialize_with = "shown")]
    pub record: Value,
}

impl Package {
    /// The package without the secrets of its URLs, for what is written down.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self {
            url: self.url.without_secrets(),
            record: without_secrets(&self.record),
            ..self.clone()
        }
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.file, self.url)
    }
}

fn shown<S: Serializer>(record: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    without_secrets(record).serialize(serializer)
}

/// A record with its URLs as they are shown: its own and its channel's.
fn without_secrets(record: &Value) -> Value {
    let mut record = record.clone();
    for field in ["url", "channel"] {
        if let Some(Value::String(text)) = record.get_mut(field) {
            *text = SecretUrl::from(text.as_str()).to_string();
        }
    }
    record
}
