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

/// Whether a text can be one name in a directory, on every system.
fn is_plain_name(text: &str) -> bool {
    let is_bad = |c: char| matches!(c, '/' | '\\') || c.is_control();
    !text.is_empty() && text.len() <= 255 && !text.starts_with('.') && !text.contains(is_bad)
}

impl Package {
    /// Refuses a package whose fields cannot be parts of a path: its name, version, build and
    /// file name become names of files and directories.
    ///
    /// # Errors
    /// A sentence that names the field.
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
                    "a package has the {field} `{text}`, which cannot be part of a path"
                ))
            }
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_become_names_are_plain() {
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
