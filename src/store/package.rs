//! A package of a solved conda environment, as part of a plan or a receipt.

use crate::digest::Digest;
use crate::secret_url::SecretUrl;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// A package with everything needed to install exactly it again.
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
    /// Its URL.
    pub url: SecretUrl,
    /// Its digest; `None` if the channel does not provide one.
    pub sha256: Option<Digest>,
    /// Its size in bytes, if the channel provides it.
    pub size: Option<u64>,
    /// The channel's record: `repodata_record.json`, which conda tools read.
    #[serde(serialize_with = "shown")]
    pub record: Value,
}

/// Whether a text can be a file name on every system.
fn is_plain_name(text: &str) -> bool {
    let is_bad = |c: char| matches!(c, '/' | '\\') || c.is_control();
    !text.is_empty() && text.len() <= 255 && !text.starts_with('.') && !text.contains(is_bad)
}

impl Package {
    /// Rejects a package whose name, version, build or file name cannot be part of a path, because
    /// they become names of files and directories.
    ///
    /// # Errors
    /// Returns a message that names the field.
    pub fn check_names(&self) -> Result<(), String> {
        let fields = [
            ("name", &self.name),
            ("version", &self.version),
            ("build", &self.build),
            ("file name", &self.file),
        ];
        match fields.iter().find(|(_, text)| !is_plain_name(text)) {
            None => Ok(()),
            Some((field, text)) => {
                let text: String = text.escape_debug().take(120).collect();
                Err(format!(
                    "the {field} `{text}` of a package cannot be part of a path"
                ))
            }
        }
    }

    /// The package without the secrets in its URLs, for storing it.
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

/// A record whose URLs, including the channel's, have no secrets.
fn without_secrets(record: &Value) -> Value {
    let mut record = record.clone();
    for field in ["url", "channel"] {
        if let Some(Value::String(text)) = record.get_mut(field) {
            *text = SecretUrl::from(text.as_str()).to_string();
        }
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_become_file_names_are_plain() {
        let package = Package {
            name: "python".to_owned(),
            version: "3.14.7".to_owned(),
            build: "h002_2_cp314t".to_owned(),
            file: "python-3.14.7-h002_2_cp314t.conda".to_owned(),
            url: SecretUrl::from(""),
            sha256: None,
            size: None,
            record: Value::Null,
        };
        assert_eq!(package.check_names(), Ok(()));
        for text in ["", ".", "..", "../x", "/x", "a/b", "a\\b", "a\0b", "a\nb"] {
            for field in 0..4 {
                let mut package = package.clone();
                let fields = [
                    &mut package.name,
                    &mut package.version,
                    &mut package.build,
                    &mut package.file,
                ];
                if let Some(field) = fields.into_iter().nth(field) {
                    text.clone_into(field);
                }
                assert!(package.check_names().is_err(), "{text:?}");
            }
        }
    }
}
