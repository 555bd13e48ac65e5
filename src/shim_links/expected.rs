//! Computes the shims and aliases for a set of installations. Pure.

use ftpy_core::installed::Installed;
use ftpy_core::name::{Meaning, Name, Tool};
use std::collections::{BTreeMap, BTreeSet};

/// The expected shims and aliases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedLinks {
    /// The names of the shims.
    pub shims: BTreeSet<String>,
    /// Aliases such as `3.14t`, and the keys of their newest installations.
    pub aliases: BTreeMap<String, String>,
}

/// Computes them for installations in the order of the store's list.
#[must_use]
pub fn wanted(installed: &[Installed], has_python3t: bool) -> ExpectedLinks {
    let mut wanted = ExpectedLinks::default();
    let host: Vec<&Installed> = installed.iter().filter(|one| one.key.is_host).collect();
    // Also without installations: otherwise a pin to a missing version would start the system's.
    let mut names = Name::open();
    if has_python3t {
        names.push(Name {
            tool: Tool::Python,
            meaning: Meaning::FreeThreaded,
        });
    }
    // `python3.14t` never means a sanitizer build.
    let plain = host.iter().filter(|one| one.key.build.flavours.is_empty());
    names.extend(plain.flat_map(|one| Name::of(&one.key.build)));
    wanted.shims = names.iter().map(Name::to_string).collect();
    // The newest comes first, so the first of each kind wins; releases come before pre-releases.
    // External installations have no alias: they may change at any time and have no own tree.
    let (releases, others): (Vec<&Installed>, Vec<&Installed>) = host
        .into_iter()
        .filter(|one| !one.key.provider.is_external())
        .partition(|one| !one.key.build.version.is_prerelease());
    for one in releases.into_iter().chain(others) {
        let alias = wanted.aliases.entry(one.alias());
        alias.or_insert_with(|| one.key.to_string());
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftpy_core::key::Key;
    use ftpy_core::source_order::Order;
    use ftpy_core::target::Target;
    use std::path::PathBuf;

    fn installed(names: &[&str]) -> Vec<Installed> {
        let host = Target::new("linux", "x86_64", "gnu");
        let one = |name: &&str| Installed {
            key: Key::from_name(name, &host).expect("a key"),
            prefix: PathBuf::from(name),
        };
        let mut all: Vec<Installed> = names.iter().map(one).collect();
        let order = Order::default();
        all.sort_by(|a, b| a.key.newest_first(&b.key, || &order));
        all
    }

    #[test]
    fn the_alias_is_the_newest_release_and_only_plain_builds_have_names() {
        let all = installed(&[
            "3.14.7t-pbs-20260901",
            "3.14.7t-pbs-20261001",
            "3.14.8rc1t-source",
            "3.14.7-pbs-20260901",
            "3.15.0rc1t-source",
            "3.14.9t+tsan-source",
            "3.14.9t-pbs-20260901-linux-x86_64_v3-gnu",
            "3.14.9t-link-mine",
            "3.16.0-link-other",
        ]);
        let wanted = wanted(&all, false);
        let aliases: Vec<(&str, &str)> = wanted
            .aliases
            .iter()
            .map(|(alias, key)| (alias.as_str(), key.as_str()))
            .collect();
        assert_eq!(
            aliases,
            [
                ("3.14", "3.14.7-pbs-20260901"),
                ("3.14t", "3.14.7t-pbs-20261001"),
                ("3.14t+tsan", "3.14.9t+tsan-source"),
                ("3.15t", "3.15.0rc1t-source"),
            ]
        );
        for name in [
            "python3.16",
            "python",
            "pip3",
            "python3.14",
            "python3.14t",
            "pip3.15t",
            "pydoc3.14t",
        ] {
            assert!(wanted.shims.contains(name), "{name}");
        }
        for name in ["python3t", "python3.13t", "python3.14td"] {
            assert!(!wanted.shims.contains(name), "{name}");
        }
        assert!(super::wanted(&all, true).shims.contains("python3t"));
        let empty = super::wanted(&[], false);
        assert!(empty.aliases.is_empty());
        assert!(empty.shims.contains("python3") && !empty.shims.contains("python3.14"));
    }
}
