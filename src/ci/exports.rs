//! The results of a set-up: variables, directories for PATH, outputs. The same for every system.

use serde::Serialize;

/// The active installation.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `3.14.7t-pbs-20260901`
    pub key: String,
    /// `3.14.7t`
    pub version: String,
    /// `cp314t`: the ABI tag of wheels.
    pub abi_tag: String,
    /// Whether it is free-threaded.
    pub is_free_threaded: bool,
    /// The prefix.
    pub location: String,
    /// The interpreter.
    pub python: String,
    /// The directory of the shims.
    pub shims: String,
    /// The directory of all installations.
    pub installs: String,
    /// The `bin` directory of the prefix, where pip puts scripts; `None` if it is the system's.
    pub bin: Option<String>,
    /// `FTPY_HOME`, if it chose the store.
    pub own_store: Option<String>,
    /// The previous value of `PKG_CONFIG_PATH`.
    pub pkg_config_path: Option<String>,
    /// The cache key of everything that was set up.
    pub cache_key: String,
    /// The directories to cache under that key.
    pub cache_paths: Vec<String>,
}

/// The results of a set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exports {
    /// Variables for later steps.
    pub variables: Vec<(&'static str, String)>,
    /// Directories for PATH, the first one with the highest priority.
    pub path: Vec<String>,
    /// Directories below this one are on PATH only through `path`.
    pub installs: String,
    /// Outputs with GitHub-style names: `python-version`.
    pub outputs: Vec<(&'static str, String)>,
}

impl Exports {
    /// The results for an installation.
    ///
    /// The shims come first on PATH, so that `python3.14` is never a `t` build if both are
    /// installed. They are followed by the installation's own `bin`, for scripts installed by pip.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let pkg_config = format!("{}/lib/pkgconfig", facts.location);
        let mut variables = vec![
            ("pythonLocation", facts.location.clone()),
            ("Python_ROOT_DIR", facts.location.clone()),
            ("Python3_ROOT_DIR", facts.location.clone()),
            (
                "PKG_CONFIG_PATH",
                in_front(&pkg_config, facts.pkg_config_path.as_deref()),
            ),
            // Overrides every pin: the job requested this version explicitly.
            ("FTPY_PYTHON", facts.key.clone()),
        ];
        variables.extend(facts.own_store.clone().map(|store| ("FTPY_HOME", store)));
        let shims = std::iter::once(facts.shims.clone());
        Self {
            variables,
            path: shims.chain(facts.bin.clone()).collect(),
            installs: facts.installs.clone(),
            outputs: vec![
                ("python-version", facts.version.clone()),
                ("python-path", facts.python.clone()),
                ("freethreaded", facts.is_free_threaded.to_string()),
                ("abi", facts.abi_tag.clone()),
                ("build-id", facts.key.clone()),
                ("cache-key", facts.cache_key.clone()),
                ("cache-paths", facts.cache_paths.join("\n")),
                ("ftpy-version", env!("CARGO_PKG_VERSION").to_owned()),
            ],
        }
    }

    /// The outputs under names valid for variables: `FTPY_PYTHON_VERSION`. Multi-line outputs are
    /// left out, because most systems do not support them.
    pub fn output_variables(&self) -> impl Iterator<Item = (String, &str)> {
        let one_line = self
            .outputs
            .iter()
            .filter(|(name, _)| *name != "cache-paths");
        one_line.map(|(name, value)| (variable_name(name), value.as_str()))
    }
}

/// Converts `python-version` to `FTPY_PYTHON_VERSION`, `ftpy-version` to `FTPY_VERSION`.
fn variable_name(output: &str) -> String {
    let name = output.trim_start_matches("ftpy-");
    format!("FTPY_{}", name.replace('-', "_").to_uppercase())
}

/// Prepends a directory to a list like PATH, without duplicates.
fn in_front(directory: &str, list: Option<&str>) -> String {
    let others = list.unwrap_or_default().split(':');
    let others = others.filter(|other| !other.is_empty() && *other != directory);
    let all: Vec<&str> = std::iter::once(directory).chain(others).collect();
    all.join(":")
}

/// An example for the tests.
#[cfg(test)]
pub(super) fn example() -> Exports {
    Exports {
        variables: vec![
            ("pythonLocation", "/s/installs/k".to_owned()),
            ("ODD", "it's $x;\n50%]".to_owned()),
        ],
        path: vec!["/s/shims".to_owned(), "/s/installs/k/bin".to_owned()],
        installs: "/s/installs".to_owned(),
        outputs: vec![
            ("python-version", "3.14.7t".to_owned()),
            ("cache-paths", "/a\n/b".to_owned()),
            ("ftpy-version", "0.1.0".to_owned()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            key: "3.14.7t-pbs-20260901".to_owned(),
            version: "3.14.7t".to_owned(),
            abi_tag: "cp314t".to_owned(),
            is_free_threaded: true,
            location: "/s/i".to_owned(),
            python: "/s/i/bin/python3.14t".to_owned(),
            shims: "/s/shims".to_owned(),
            installs: "/s/installs".to_owned(),
            bin: Some("/s/i/bin".to_owned()),
            own_store: None,
            pkg_config_path: Some("/s/i/lib/pkgconfig:/own".to_owned()),
            cache_key: "ftpy-x".to_owned(),
            cache_paths: vec!["/s/i".to_owned()],
        }
    }

    #[test]
    fn the_library_path_is_never_exported_and_the_pkg_config_path_is_kept() {
        let exports = Exports::of(&facts());
        let find = |name: &str| exports.variables.iter().find(|(known, _)| *known == name);
        assert_eq!(find("LD_LIBRARY_PATH"), None);
        assert_eq!(find("FTPY_HOME"), None);
        let pkg_config = find("PKG_CONFIG_PATH").expect("PKG_CONFIG_PATH");
        assert_eq!(pkg_config.1, "/s/i/lib/pkgconfig:/own");
        assert_eq!(exports.path, ["/s/shims", "/s/i/bin"]);
    }

    #[test]
    fn outputs_have_names_valid_for_variables() {
        let exports = Exports::of(&facts());
        let names: Vec<String> = exports.output_variables().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "FTPY_PYTHON_VERSION",
                "FTPY_PYTHON_PATH",
                "FTPY_FREETHREADED",
                "FTPY_ABI",
                "FTPY_BUILD_ID",
                "FTPY_CACHE_KEY",
                "FTPY_VERSION",
            ]
        );
    }
}
