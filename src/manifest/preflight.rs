//! The requirements of a source build: `manifests/preflight.toml`, which documents its fields.

use ftpy_core::version::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The embedded table.
pub const EMBEDDED: &str = include_str!("../../manifests/preflight.toml");

/// `manifests/preflight.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Programs.
    #[serde(rename = "tool")]
    pub tools: Vec<Tool>,
    /// Parts of the standard library that require another library.
    #[serde(rename = "module")]
    pub modules: Vec<Module>,
}

/// A program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `cc`
    pub name: String,
    /// Alternative names; the first one found is used.
    pub commands: Vec<String>,
    /// Whether a build cannot start without it.
    pub required: bool,
    /// Packages by package manager, separated by spaces.
    pub packages: BTreeMap<String, String>,
}

/// A part of the standard library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// `ssl`: the common name, which `--allow-missing` accepts.
    pub name: String,
    /// `_ssl`: the module that must be importable.
    pub extensions: Vec<String>,
    since: Option<String>,
    until: Option<String>,
    /// Whether most users need it.
    pub required: bool,
    /// Systems that include it.
    #[serde(default)]
    pub builtin_on: Vec<String>,
    /// Alternative expressions for pkg-config.
    pub pkg_config: Vec<String>,
    #[serde(flatten)]
    main: Probe,
    #[serde(default)]
    alternatives: Vec<Probe>,
    /// Packages by package manager, separated by spaces.
    pub packages: BTreeMap<String, String>,
}

/// A program that links only if the library is installed.
#[derive(Debug, Deserialize)]
pub struct Probe {
    /// C11 source.
    pub program: String,
    /// Arguments after the source.
    pub libraries: Vec<String>,
}

static NEEDS: LazyLock<Needs> =
    LazyLock::new(|| toml::from_str(EMBEDDED).expect("a test reads the embedded table"));

/// The embedded table.
#[must_use]
pub fn needs() -> &'static Needs {
    &NEEDS
}

impl Module {
    /// Whether a version of CPython has it.
    #[must_use]
    pub fn is_in(&self, version: &Version) -> bool {
        let minor = |text: &String| text.split('.').nth(1)?.parse::<u16>().ok();
        let since = self.since.as_ref().and_then(minor);
        let until = self.until.as_ref().and_then(minor);
        since.is_none_or(|since| version.minor >= since)
            && until.is_none_or(|until| version.minor <= until)
    }

    /// Alternative programs; one that links is enough.
    pub fn probes(&self) -> impl Iterator<Item = &Probe> {
        std::iter::once(&self.main).chain(&self.alternatives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_complete_and_the_modules_are_those_of_the_contract() {
        let needs: Needs = toml::from_str(EMBEDDED).expect("preflight.toml");
        let managers = ["apt", "dnf", "zypper", "pacman", "apk", "brew"];
        let packages = needs.tools.iter().map(|tool| &tool.packages);
        for packages in packages.chain(needs.modules.iter().map(|module| &module.packages)) {
            let named: Vec<&str> = packages.keys().map(String::as_str).collect();
            assert!(
                managers.iter().all(|manager| named.contains(manager)),
                "{packages:?}"
            );
            assert_eq!(named.len(), managers.len(), "{packages:?}");
        }
        for module in &needs.modules {
            assert!(!module.extensions.is_empty(), "{module:?}");
            assert!(
                module
                    .probes()
                    .all(|probe| probe.program.contains("int main")),
                "{module:?}"
            );
            for minor in module.since.iter().chain(&module.until) {
                assert!(minor.starts_with("3."), "{module:?}");
            }
        }
        let names = |required: bool| {
            let of_kind = needs
                .modules
                .iter()
                .filter(|module| module.required == required);
            of_kind
                .map(|module| module.name.as_str())
                .collect::<BTreeSet<_>>()
        };
        let required = ["zlib", "ssl", "hashlib", "ctypes", "sqlite3", "lzma", "bz2"];
        assert_eq!(names(true), required.into());
        let recommended = [
            "readline", "curses", "uuid", "zstd", "dbm", "gdbm", "tkinter",
        ];
        assert_eq!(names(false), recommended.into());
        let zstd = needs
            .modules
            .iter()
            .find(|module| module.name == "zstd")
            .expect("zstd");
        assert!(!zstd.is_in(&Version::new(3, 13, 9)) && zstd.is_in(&Version::new(3, 14, 0)));
    }
}
