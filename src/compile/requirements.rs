//! The requirements of a build, and which of them this machine lacks.

use crate::compile::compiler::Compiler;
use crate::host::packages::{Manager, is_root};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The result of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preflight {
    /// `/usr/bin/cc`
    pub compiler: Option<PathBuf>,
    /// `/usr/bin/make`
    pub make: Option<PathBuf>,
    /// Programs and modules that are missing.
    pub missing: Vec<Missing>,
    /// The compiler that is passed to configure; `None` leaves the choice to it.
    pub chosen: Option<Compiler>,
    /// Programs that are passed to configure: `LLVM_AR=/usr/bin/llvm-ar-19`.
    pub variables: Vec<String>,
}

/// Where to search.
#[derive(Debug, Clone, Copy)]
pub struct Machine<'a> {
    /// `linux` or `macos`
    pub os: &'a str,
    /// The value of PATH.
    pub path: &'a OsStr,
    /// A directory for test programs.
    pub scratch: &'a Path,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `make`, `ssl`
    pub name: String,
    /// Whether it is a program.
    pub is_tool: bool,
    /// Whether the build must not start without it.
    pub is_required: bool,
    /// Package manager to packages.
    pub(super) packages: BTreeMap<String, String>,
}

impl Missing {
    /// A program whose package has the same name everywhere.
    pub(super) fn program(name: &str) -> Self {
        let managers = ["apt", "dnf", "zypper", "pacman", "apk", "brew"];
        let named = managers.map(|manager| (manager.to_owned(), name.to_owned()));
        Self {
            name: name.to_owned(),
            is_tool: true,
            is_required: true,
            packages: BTreeMap::from(named),
        }
    }
}

impl Preflight {
    /// Describes what is missing and required.
    #[must_use]
    pub fn required(&self) -> Vec<&str> {
        self.names(true)
    }

    /// Describes what is missing and optional.
    #[must_use]
    pub fn recommended(&self) -> Vec<&str> {
        self.names(false)
    }

    fn names(&self, is_required: bool) -> Vec<&str> {
        let of_kind = self
            .missing
            .iter()
            .filter(|missing| missing.is_required == is_required);
        of_kind.map(|missing| missing.name.as_str()).collect()
    }

    /// The command that installs everything missing; `None` if it is unknown.
    #[must_use]
    pub fn install_command(&self, path: &OsStr) -> Option<String> {
        let manager = Manager::detect(path)?;
        let mut packages: Vec<String> = Vec::new();
        for missing in &self.missing {
            let named = missing
                .packages
                .get(manager.column())
                .map_or("", String::as_str);
            for package in named.split_whitespace() {
                if !packages.iter().any(|known| known == package) {
                    packages.push(package.to_owned());
                }
            }
        }
        (!packages.is_empty()).then(|| manager.install_command(&packages, is_root()))
    }
}
