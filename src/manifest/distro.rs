//! Free-threaded packages of distributions: `manifests/distro.toml`, which tells the fields.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table as embedded.
pub const EMBEDDED: &str = include_str!("../../manifests/distro.toml");

/// `manifests/distro.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Package managers, by their names: `apt`.
    #[serde(rename = "family")]
    pub families: BTreeMap<String, Family>,
    /// Repositories that may have to be added.
    #[serde(rename = "repository")]
    pub repositories: BTreeMap<String, Repository>,
    /// In the order in which they are tried.
    #[serde(rename = "distribution")]
    pub distributions: Vec<Distribution>,
}

/// A package manager. `{package}` in an argument stands for the package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// `apt-get`
    pub program: String,
    /// Installs, without a question.
    pub install: Vec<String>,
    /// Removes, without a question.
    pub remove: Vec<String>,
    /// Says what that would remove; empty where the tool cannot.
    pub preview: Vec<String>,
    /// Whether only root is told that.
    #[serde(default)]
    pub preview_needs_root: bool,
    /// Lists the files of an installed package; empty where the tool cannot.
    pub files: Vec<String>,
    /// What a person may run where the index is old.
    pub refresh: String,
    /// Parts of lines that say that another package manager is at work.
    pub lock: Vec<String>,
    /// Whether installing and removing is root's.
    pub needs_root: bool,
    /// Whether a package is installed.
    pub installed: Question,
    /// Whether a package can be had.
    pub available: Question,
}

/// A command that asks for a package's version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The command.
    pub command: Vec<String>,
    /// How the answer is read.
    pub reader: Reader,
}

/// The shapes of answers. `distro::answer` reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Lines of a name, a version, and perhaps dpkg's status.
    Names,
    /// `Version : 3.14.7-1`
    Fields,
    /// The version and nothing else.
    Bare,
    /// `apt-cache policy`: the line `Candidate:`.
    AptPolicy,
    /// `apk policy`: the version below which the local database stands.
    ApkInstalled,
    /// `apk policy`: the first version that has a repository.
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
    /// What a person is told.
    pub title: String,
    /// The commands that add it; none where ftpy does not do that.
    pub add: Vec<Vec<String>>,
    /// The package that has the program which does, where that may be missing.
    pub program_in: Option<String>,
}

/// A distribution, or a range of its releases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// `Fedora`
    pub name: String,
    /// os-release's ID; none for a package manager that any system may have.
    pub ids: Vec<String>,
    /// `9..10`: of VERSION_ID's first number.
    pub releases: Option<String>,
    /// VERSION_CODENAME or UBUNTU_CODENAME, any of them.
    #[serde(default)]
    pub codenames: Vec<String>,
    /// `dnf`
    pub family: String,
    /// Who says so.
    pub evidence: String,
    /// None where none are packaged.
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
    /// What has the headers.
    #[serde(default)]
    pub development: Vec<String>,
    /// Parts of the standard library that are packages of their own.
    #[serde(default)]
    pub extra: Vec<String>,
    /// Where the interpreter may be; `~` is the home directory.
    #[serde(default)]
    pub executables: Vec<String>,
    /// The version that the evidence gives.
    pub seen: Option<String>,
    /// What has to be added first, if it is not there.
    pub repository: Option<String>,
    /// The directory that the GIL build uses, too.
    pub shares: Option<String>,
    /// Why ftpy does not install it.
    pub by_hand: Option<String>,
    /// Whether anybody has seen it.
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
    fn every_row_is_whole_and_names_what_there_is() {
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
                assert!(seen.insert(place), "{place:?} stands twice");
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
