//! The name of a wheel: `numpy-2.3.5-cp314-cp314t-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`.

use std::fmt;
use std::str::FromStr;

/// The parts of a wheel's file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WheelName {
    /// The file name.
    pub file: String,
    /// The distribution, as written in the name.
    pub distribution: String,
    /// The version, as written in the name.
    pub version: String,
    /// The build tag.
    pub build: Option<String>,
    /// The Python tags: `cp314`, or `py2` and `py3`.
    pub pythons: Vec<String>,
    /// The ABI tags: `cp314t`, `abi3`, `none`.
    pub abis: Vec<String>,
    /// The platform tags: `manylinux_2_28_x86_64`, `any`.
    pub platforms: Vec<String>,
}

/// The text is not the name of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the name of a wheel")]
pub struct NotAWheelName(String);

impl FromStr for WheelName {
    type Err = NotAWheelName;

    fn from_str(file: &str) -> Result<Self, Self::Err> {
        let refused = || NotAWheelName(file.to_owned());
        let stem = file.strip_suffix(".whl").ok_or_else(refused)?;
        if stem.contains(['/', '\\']) {
            return Err(refused());
        }
        let parts: Vec<&str> = stem.split('-').collect();
        let (build, tags) = match parts.len() {
            5 => (None, &parts[2..]),
            6 => (Some(parts[2].to_owned()), &parts[3..]),
            _ => return Err(refused()),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(refused());
        }
        let set = |tags: &str| tags.split('.').map(str::to_owned).collect();
        Ok(Self {
            file: file.to_owned(),
            distribution: parts[0].to_owned(),
            version: parts[1].to_owned(),
            build,
            pythons: set(tags[0]),
            abis: set(tags[1]),
            platforms: set(tags[2]),
        })
    }
}

/// A distribution's name as indexes compare it: `Scikit_Image` is `scikit-image` (PEP 503).
#[must_use]
pub fn normalized_name(name: &str) -> String {
    let parts = name.trim().split(['-', '_', '.']);
    let parts = parts.filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)
    }
}
