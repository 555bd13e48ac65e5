//! Compares an installation with its receipt and queries its interpreter.

use crate::error::{Failure, Kind, Result};
use crate::examine::additions::{self, Additions};
use crate::examine::records::Records;
use crate::external;
use crate::host::shell::quoted;
use crate::probe::{Expectation, ProbeError, REQUIRED, probe};
use crate::store::{Difference, Installed, Inventory, Receipt};
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::refusal::{MOVED, renewal};
use ftpy_core::target::Target;
use serde::Serialize;
use std::path::Path;

/// How many added files are named in the command that removes them.
const MOST_REMOVED: usize = 8;

/// The findings about one installation.
#[derive(Debug, Serialize)]
pub struct Examined {
    /// Its key: `3.14.7t-pbs-20260901`.
    pub key: String,
    /// Whether there are no differences and no complaints.
    pub is_sound: bool,
    /// Changed files of the interpreter, and added files that it may run although no package lists
    /// them.
    pub differences: Vec<Difference>,
    /// Changes that packages may make, such as pip upgrading itself.
    pub changed_by_packages: usize,
    /// The number of added files that installed packages list.
    pub added_by_packages: usize,
    /// Other added files, which no package lists. They are harmless.
    pub unclaimed: Vec<String>,
    /// Unexpected reports of the interpreter.
    pub complaints: Vec<String>,
    /// The command that repairs it; for an external installation, the one that unregisters it.
    #[serde(skip)]
    pub fix: String,
    /// What to do, in a sentence with that command.
    #[serde(skip)]
    pub advice: String,
}

/// Compares the files with the inventory and queries the interpreter. External installations have
/// no inventory and are only queried. Without a usable receipt, an installation is not sound.
///
/// # Errors
/// Returns an error if it may be sound: a file is unreadable, no program can be started, or a newer
/// ftpy installed it. These are of [`Kind::System`].
pub fn examine(installed: &Installed, host: &Target) -> Result<Examined> {
    match compare(installed, host) {
        Err(failure) if failure.kind != Kind::System => Ok(Examined::unusable(installed, &failure)),
        compared => compared,
    }
}

fn compare(installed: &Installed, host: &Target) -> Result<Examined> {
    let key = installed.key.to_string();
    if installed.key.provider.is_external() {
        let sentence = external::state(installed, host).sentence(&installed.key);
        return Ok(Examined {
            is_sound: sentence.is_none(),
            differences: Vec::new(),
            changed_by_packages: 0,
            added_by_packages: 0,
            unclaimed: Vec::new(),
            complaints: sentence.into_iter().collect(),
            fix: reinstall(installed),
            advice: advice(installed),
            key,
        });
    }
    let receipt = Receipt::of(installed)?;
    let prefix = &installed.prefix;
    let inventory = receipt.inventory(prefix)?;
    let added = inventory.additions(prefix)?;
    let mut records = Records::default();
    for site in additions::sites(&inventory, &added) {
        records.add(prefix, &site);
    }
    let all = inventory.differences(prefix)?;
    let (by_packages, mut differences): (Vec<Difference>, Vec<Difference>) = all
        .into_iter()
        .partition(|difference| is_of_packages(difference, &receipt, prefix, &records));
    let Additions {
        foreign,
        unclaimed,
        of_packages,
    } = additions::sort(prefix, added, &inventory, &records);
    differences.extend(
        foreign
            .into_iter()
            .map(|path| added_or_changed(path, &inventory)),
    );
    let complaints = complaints(installed, &receipt)?;
    let fix = fix(installed, &differences);
    Ok(Examined {
        advice: to_repair(&fix),
        fix,
        key,
        is_sound: differences.is_empty() && complaints.is_empty(),
        differences,
        changed_by_packages: by_packages.len(),
        added_by_packages: of_packages,
        unclaimed,
        complaints,
    })
}

impl Examined {
    /// An installation that [`examine`] failed on.
    #[must_use]
    pub fn unusable(installed: &Installed, failure: &Failure) -> Self {
        Self {
            is_sound: false,
            differences: Vec::new(),
            changed_by_packages: 0,
            added_by_packages: 0,
            unclaimed: Vec::new(),
            complaints: vec![failure.to_string()],
            fix: reinstall(installed),
            advice: advice(installed),
            key: installed.key.to_string(),
        }
    }
}

/// What to do about an installation that cannot be used, in a sentence with commands.
#[must_use]
pub fn advice(installed: &Installed) -> String {
    match installed.key.provider.is_external() {
        true => renewal(&installed.key, MOVED),
        false => to_repair(&reinstall(installed)),
    }
}

fn to_repair(command: &str) -> String {
    format!("run `{command}` to repair it")
}

/// The command that reinstalls, or unregisters an external installation. No source has a local archive, or a build with custom options or
/// sources, so these have commands of their own.
#[must_use]
pub fn reinstall(installed: &Installed) -> String {
    let key = &installed.key;
    let receipt = match (key.provider, &key.build_id) {
        (ProviderName::Archive, _) => Receipt::of(installed).ok(),
        (provider, _) if provider.is_external() => return paste!["ftpy", "uninstall", key],
        (ProviderName::Source, Some(_)) => {
            return paste!["ftpy", "build", "--reinstall", "--same-as", key];
        }
        _ => None,
    };
    let what = match receipt {
        Some(Receipt { artifact, .. }) => format!("{}#sha256={}", artifact.url, artifact.sha256),
        None => installed.key.to_string(),
    };
    paste!["ftpy", "install", "--reinstall", what]
}

/// The command that repairs differences. A reinstallation keeps added files, so these have to be
/// removed manually.
fn fix(installed: &Installed, differences: &[Difference]) -> String {
    let prefix = &installed.prefix;
    let is_added = |one: &&Difference| matches!(one, Difference::Added(_));
    let added: Vec<String> = differences
        .iter()
        .filter(is_added)
        .take(MOST_REMOVED)
        .map(|one| quoted(&prefix.join(one.path()).to_string_lossy()))
        .collect();
    let remove = format!("rm -- {}", added.join(" "));
    match (
        added.is_empty(),
        differences.iter().all(|one| is_added(&one)),
    ) {
        (true, _) => reinstall(installed),
        (false, true) => remove,
        (false, false) => format!("{remove} && {}", reinstall(installed)),
    }
}

/// The added files. A link in place of an installed directory counts as a change instead, because
/// removing the link would not restore the directory.
fn added_or_changed(path: String, inventory: &Inventory) -> Difference {
    let below = format!("{path}/");
    let known = inventory.files.keys().chain(inventory.links.keys());
    match { known }.any(|known| known.starts_with(&below)) {
        true => Difference::Changed(path),
        false => Difference::Added(path),
    }
}

/// Whether a package changed a file: its `RECORD` lists the current state, or the package was
/// removed together with the file. Only packages and their scripts may change.
fn is_of_packages(
    difference: &Difference,
    receipt: &Receipt,
    prefix: &Path,
    records: &Records,
) -> bool {
    let path = difference.path();
    // Scripts of bundled packages, of which pip is the only one.
    let is_script = path
        .strip_prefix("bin/")
        .is_some_and(|name| name.starts_with("pip"))
        && path != receipt.executable;
    if !path.contains("/site-packages/") && !is_script {
        return false;
    }
    match difference {
        // Byte code has no digest in a record, so its source decides.
        Difference::Changed(path) => path.contains("/__pycache__/") || records.agree(prefix, path),
        // A script may replace a link: `pip` is a link to `pip3.14` until pip upgrades itself.
        Difference::Missing(path) => {
            let is_replaced = || prefix.join(path).is_file() && records.agree(prefix, path);
            !records.list(path) || is_replaced()
        }
        _ => false,
    }
}

fn complaints(installed: &Installed, receipt: &Receipt) -> Result<Vec<String>> {
    let executable = installed.prefix.join(&receipt.executable);
    let known_missing = |module: &&str| {
        let name = module.trim_start_matches('_');
        !receipt
            .missing_modules
            .iter()
            .any(|missing| missing == name)
    };
    let modules: Vec<&str> = REQUIRED.into_iter().filter(known_missing).collect();
    let facts = match probe(&executable, &modules, &|| false) {
        Ok(facts) => facts,
        Err(error @ ProbeError::Machine { .. }) => return Err(error.into()),
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let expected = Expectation {
        version: Some(installed.key.build.version),
        abi: installed.key.build.abi,
        prefix: &installed.prefix,
    };
    let mut complaints = facts.complaints(&expected);
    complaints.extend(
        facts
            .missing
            .iter()
            .map(|line| format!("cannot import {line}")),
    );
    if receipt.prefix != installed.prefix {
        let made_for = receipt.prefix.display();
        complaints.push(format!(
            "moved from {made_for}: its scripts still refer to that path"
        ));
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftpy_core::key::Key;

    #[test]
    fn the_repair_command_depends_on_the_origin() {
        let check = |key: &str, expected: &str| {
            let key = Key::from_name(key, &crate::host::target::detect()).expect(key);
            let prefix = std::path::PathBuf::from("/nowhere");
            let installed = Installed { key, prefix };
            assert_eq!(reinstall(&installed), expected);
        };
        for key in ["3.14.7t-pbs-20260901", "3.14.7t-source"] {
            check(key, &format!("ftpy install --reinstall {key}"));
        }
        let own = "3.14.7t-source-0a1b2c3d";
        check(own, &format!("ftpy build --reinstall --same-as {own}"));
    }
}
