//! Free-threaded packages of distributions: `manifests/distro.toml`, which documents its fields.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The embedded table.
pub const EMBEDDED: &str = include_str!("../../manifests/distro.toml");

/// `manifests/distro.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Package managers by name: `apt`.
    #[serde(rename = "family")]
    pub families: BTreeMap<String, Family>,
    /// Repositories that may have to be added.
    #[serde(rename = "repository")]
    pub repositories: BTreeMap<String, Repository>,
    /// Distributions, in the order in which they are tried.
    #[serde(rename = "distribution")]
    pub distributions: Vec<Distribution>,
}

/// A package manager. `{package}` in an argument is a placeholder for the package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// `apt-get`
    pub program: String,
    /// Installs a package without a prompt.
    pub install: Vec<String>,
    /// Removes a package without a prompt.
    pub remove: Vec<String>,
    /// Shows what removing would remove; empty if the tool cannot.
    pub preview: Vec<String>,
    /// Whether only root may see that.
    #[serde(default)]
    pub preview_needs_root: bool,
    /// Lists the files of an installed package; empty if the tool cannot.
    pub files: Vec<String>,
    /// Refreshes the index; suggested to the user.
    pub refresh: String,
    /// Fragments of lines that mean that another package manager is running.
    pub lock: Vec<String>,
    /// Whether installing and removing requires root.
    pub needs_root: bool,
    /// Queries whether a package is installed.
    pub installed: Question,
    /// Queries whether a package is available.
    pub available: Question,
}

/// A command that queries the version of a package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The command.
    pub command: Vec<String>,
    /// The format of the answer.
    pub reader: Reader,
}

/// The formats of answers, parsed by `distro::answer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Lines of a name, a version and optionally dpkg's status.
    Names,
    /// `Version : 3.14.7-1`
    Fields,
    /// Only the version.
    Bare,
    /// `apt-cache policy`: the line `Candidate:`.
    AptPolicy,
    /// `apk policy`: the version that is followed by the local database.
    ApkInstalled,
    /// `apk policy`: the first version that is in a repository.
    ApkAvailable,
    /// `dev-lang/python-0.3.14.7`
    GentooAtom,
    /// `nix profile list --json`
    NixProfile,
    /// `brew info --json=v2`
    BrewJson,
    /// `  python314-freethreading @3.14.5_0 (active)`
    PortInstalled,
}

/// A repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// The message for the user.
    pub title: String,
    /// The commands that add it; empty if ftpy does not add it.
    pub add: Vec<Vec<String>>,
    /// The package that contains the program for adding it, if that may be missing.
    pub program_in: Option<String>,
}

/// A distribution, or a range of its releases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// `Fedora`
    pub name: String,
    /// os-release's ID; `None` for a package manager available on any system.
    pub ids: Vec<String>,
    /// `9..10`: the range of VERSION_ID's first number.
    pub releases: Option<String>,
    /// Allowed values of VERSION_CODENAME or UBUNTU_CODENAME.
    #[serde(default)]
    pub codenames: Vec<String>,
    /// `dnf`
    pub family: String,
    /// The evidence for the row.
    pub evidence: String,
    /// Its packages; empty if it has none.
    #[serde(rename = "package", default)]
    pub packages: Vec<Package>,
}

/// The package of one minor version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// `3.14`
    pub minor: String,
    /// `python3.14-freethreading`
    pub name: String,
    /// The package with the headers.
    #[serde(default)]
    pub development: Vec<String>,
    /// Parts of the standard library that are separate packages.
    #[serde(default)]
    pub extra: Vec<String>,
    /// Possible locations of the interpreter; `~` is the home directory.
    #[serde(default)]
    pub executables: Vec<String>,
    /// The version stated by the evidence.
    pub seen: Option<String>,
    /// The repository to add first, if it is missing.
    pub repository: Option<String>,
    /// A directory shared with the GIL build.
    pub shares: Option<String>,
    /// Why ftpy does not install it.
    pub by_hand: Option<String>,
    /// Whether it was tested.
    pub is_verified: bool,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(EMBEDDED).expect("a test reads the embedded table"));

/// The embedded table.
#[must_use]
pub fn table() -> &'static Table {
    &TABLE
}

impl Package {
    /// `(3, 14)`
    #[must_use]
    pub fn series(&self) -> Option<(u16, u16)> {
        let (major, minor) = self.minor.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_complete_and_consistent() {
        let table: Table = toml::from_str(EMBEDDED).expect("distro.toml");
        let families: Vec<&str> = table.families.keys().map(String::as_str).collect();
        assert_eq!(
            families,
            [
                "apk", "apt", "brew", "dnf", "emerge", "nix", "pacman", "port", "zypper"
            ]
        );
        for family in table.families.values() {
            let acts = [&family.install, &family.remove];
            let asks = [&family.preview, &family.files];
            for command in acts
                .into_iter()
                .chain(asks.into_iter().filter(|one| !one.is_empty()))
            {
                let names = command.iter().filter(|word| word.contains("{package}"));
                assert_eq!(names.count(), 1, "{command:?}");
            }
            assert!(acts.iter().all(|command| command[0] == family.program));
            assert!(!family.lock.is_empty() && !family.refresh.is_empty());
        }
        let mut seen = BTreeSet::new();
        for row in &table.distributions {
            assert!(table.families.contains_key(&row.family), "{}", row.name);
            assert!(!row.evidence.is_empty(), "{}", row.name);
            let has_evidence = !row.evidence.starts_with("none");
            for package in &row.packages {
                let place = (&row.name, &row.releases, &row.codenames, &package.minor);
                assert!(seen.insert(place), "{place:?} appears more than once");
                assert!(package.series().is_some_and(|series| series >= (3, 13)));
                assert!(
                    package
                        .name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-./:+".contains(c)),
                    "{}",
                    package.name
                );
                assert!(has_evidence || !package.is_verified, "{place:?}");
                let repository = package.repository.as_ref();
                assert!(repository.is_none_or(|name| table.repositories.contains_key(name)));
                assert!(repository.is_none() || package.seen.is_some() || package.minor == "3.13");
                let suffix = format!("/python{}t", package.minor);
                assert!(
                    package
                        .executables
                        .iter()
                        .all(|path| path.ends_with(&suffix))
                );
                let seen = package.seen.as_ref();
                assert!(seen.is_none_or(|seen| seen.starts_with(&package.minor)));
            }
        }
    }
}
