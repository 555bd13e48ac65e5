//! Which conda channels are asked unless somebody says otherwise: `manifests/conda.toml`, which
//! tells the fields.

use serde::Deserialize;
use std::sync::LazyLock;

/// The table as embedded.
pub const EMBEDDED: &str = include_str!("../../manifests/conda.toml");

/// `manifests/conda.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conda {
    /// The channels, the first choice first.
    pub channels: Vec<String>,
    /// What `defaults` stands for.
    pub defaults: Vec<String>,
    /// How many bytes a prefix may have.
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
    fn the_table_is_read_and_names_channels_not_places() {
        let conda: Conda = toml::from_str(EMBEDDED).expect("conda.toml");
        assert_eq!(conda.channels[0], "conda-forge");
        for name in conda.channels.iter().chain(&conda.defaults) {
            assert!(!name.contains([':', '.']), "{name} is no name");
        }
        assert!(conda.longest_prefix >= 80);
    }
}
