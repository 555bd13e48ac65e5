//! The default conda channels: `manifests/conda.toml`, which documents its fields.

use serde::Deserialize;
use std::sync::LazyLock;

/// The embedded table.
pub const EMBEDDED: &str = include_str!("../../manifests/conda.toml");

/// `manifests/conda.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conda {
    /// The channels, in order of preference.
    pub channels: Vec<String>,
    /// The channels that `defaults` stands for.
    pub defaults: Vec<String>,
    /// The maximum length of a prefix in bytes.
    pub longest_prefix: usize,
}

static CONDA: LazyLock<Conda> =
    LazyLock::new(|| toml::from_str(EMBEDDED).expect("a test reads the embedded table"));

/// The embedded table.
#[must_use]
pub fn conda() -> &'static Conda {
    &CONDA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_parsed_and_contains_names_not_urls() {
        let conda: Conda = toml::from_str(EMBEDDED).expect("conda.toml");
        assert_eq!(conda.channels[0], "conda-forge");
        for name in conda.channels.iter().chain(&conda.defaults) {
            assert!(!name.contains([':', '.']), "{name} is not a name");
        }
        assert!(conda.longest_prefix >= 80);
    }
}
