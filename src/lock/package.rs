//! A conda package in a lock file. It includes the channel's complete record, because conda needs
//! it to link a prefix. Fields that the record repeats are written once.

use crate::digest::Digest;
use crate::store::Package;
use serde::Deserialize;
use serde_json::Value;

/// The fields of a record that repeat the package's, with their names there.
const REPEATED: [&str; 6] = ["name", "version", "build", "sha256", "size", "url"];

/// A package as it is in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPackage {
    name: String,
    version: String,
    build: String,
    file: String,
    url: String,
    sha256: Digest,
    size: Option<u64>,
    #[serde(default)]
    record: toml::Table,
}

impl RawPackage {
    pub(super) fn package(self) -> Result<Package, String> {
        let record = serde_json::to_value(self.record).map_err(|error| error.to_string())?;
        let mut package = Package {
            name: self.name,
            version: self.version,
            build: self.build,
            file: self.file,
            url: self.url.into(),
            sha256: Some(self.sha256),
            size: self.size,
            record: Value::Null,
        };
        let is_odd = |c: char| matches!(c, '/' | '\\') || c.is_control();
        if package.file.contains(is_odd) || matches!(package.file.as_str(), "" | "." | "..") {
            return Err(format!(
                "`{}` is not a file name",
                package.file.escape_debug()
            ));
        }
        let mut whole = record;
        for name in REPEATED {
            if let (Some(value), Value::Object(fields)) = (repeated(&package, name), &mut whole) {
                fields.entry(name).or_insert(value);
            }
        }
        package.record = whole;
        Ok(package)
    }
}

/// The fields of a record that the package does not contain, without empty ones.
pub(super) fn own_fields(package: &Package) -> Vec<(&str, &Value)> {
    let fields = package.record.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, value)| {
        !value.is_null() && repeated(package, name).as_ref() != Some(*value)
    });
    fields.map(|(name, value)| (name.as_str(), value)).collect()
}

fn repeated(package: &Package, name: &str) -> Option<Value> {
    Some(match name {
        "name" => package.name.as_str().into(),
        "version" => package.version.as_str().into(),
        "build" => package.build.as_str().into(),
        "url" => package.url.expose().into(),
        "sha256" => package.sha256?.to_string().into(),
        "size" => package.size?.into(),
        _ => return None,
    })
}
