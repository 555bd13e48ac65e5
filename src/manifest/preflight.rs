//! What a build from source needs: `manifests/preflight.toml`, which tells the fields.

use ftpy_core::version::Version;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table as embedded.
pub const EMBEDDED: &str = include_str!("../../manifests/preflight.toml");

/// `manifests/preflight.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Programs.
    #[serde(rename = "tool")]
    pub tools: Vec<Tool>,
    /// Parts of the standard library that need somebody else's library.
    #[serde(rename = "module")]
    pub modules: Vec<Module>,
}

/// A program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `cc`
    pub name: String,
    /// The names it may have; the first found is used.
    pub commands: Vec<String>,
    /// Whether the build cannot start without it.
    pub required: bool,
    /// Package manager to packages, separated by spaces.
    pub packages: BTreeMap<String, String>,
}

/// A part of the standard library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// `ssl`: what people say, and what `--allow-missing` takes.
    pub name: String,
    /// `_ssl`: what must import.
    pub extensions: Vec<String>,
    since: Option<String>,
    until: Option<String>,
    /// Whether an interpreter without it is broken for most people.
    pub required: bool,
    /// Systems that bring it themselves.
    #[serde(default)]
    pub builtin_on: Vec<String>,
    /// Expressions for pkg-config, any of which is enough.
    pub pkg_config: Vec<String>,
    #[serde(flatten)]
    main: Probe,
    #[serde(default)]
    alternatives: Vec<Probe>,
    /// Package manager to packages, separated by spaces.
    pub packages: BTreeMap<String, String>,
}

/// A program that links only where the library is.
#[derive(Debug, Deserialize)]
pub struct Probe {
    /// C11.
    pub program: String,
    /// Arguments behind it.
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
    /// Whether a version has it.
    #[must_use]
    pub fn is_in(&self, version: &Version) -> bool {
        let minor = |text: &String| text.split('.').nth(1)?.parse::<u16>().ok();
        let since = self.since.as_ref().and_then(minor);
        let until = self.until.as_ref().and_then(minor);
        since.is_none_or(|since| version.minor >= since)
            && until.is_none_or(|until| version.minor <= until)
    }

    /// The programs to try, any of which is enough.
    pub fn probes(&self) -> impl Iterator<Item = &Probe> {
        std::iter::once(&self.main).chain(&self.alternatives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_whole_and_the_modules_are_those_of_the_promise() {
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
