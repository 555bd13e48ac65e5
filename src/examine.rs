//! Whether an installation is still what was installed: its files, and what its interpreter
//! says. Looks and changes nothing.

use crate::error::{Failure, Result};
use crate::external;
use crate::probe::{Expectation, REQUIRED, probe};
use crate::store::{Difference, Installed, Receipt};
use ftpy_shims::paste;
use ftpy_shims::target::Target;
use serde::Serialize;

/// What was found of one installation.
#[derive(Debug, Serialize)]
pub struct Examined {
    /// Which: `3.14.7t-pbs-20260901`.
    pub key: String,
    /// Whether there is neither a difference nor a complaint.
    pub is_sound: bool,
    /// Files of the interpreter that are not as they were installed.
    pub differences: Vec<Difference>,
    /// Files that packages are allowed to change: pip upgrading itself.
    pub changed_by_packages: usize,
    /// What the interpreter says that it should not.
    pub complaints: Vec<String>,
    /// The command that ends it: a new installation, or for what is not ftpy's none at all.
    #[serde(skip)]
    pub fix: String,
}

/// Compares the files with the inventory, and asks the interpreter what it is. What is not
/// ftpy's has no inventory, and is only asked.
///
/// # Errors
/// Where there is nothing to compare with: no receipt, or no list of files.
pub fn examine(installed: &Installed, host: &Target) -> Result<Examined> {
    let key = installed.key.to_string();
    if installed.key.provider.is_external() {
        let sentence = external::state(installed, host).sentence(&installed.key);
        return Ok(Examined {
            is_sound: sentence.is_none(),
            differences: Vec::new(),
            changed_by_packages: 0,
            complaints: sentence.into_iter().collect(),
            fix: paste!["ftpy", "uninstall", key],
            key,
        });
    }
    let receipt = Receipt::of(installed)?;
    let inventory = receipt.inventory(&installed.prefix)?;
    let all = inventory.differences(&installed.prefix)?;
    let (by_packages, differences): (Vec<Difference>, Vec<Difference>) = all
        .into_iter()
        .partition(|difference| is_of_packages(difference.path(), &receipt));
    let complaints = complaints(installed, &receipt);
    Ok(Examined {
        fix: reinstall(&key),
        key,
        is_sound: differences.is_empty() && complaints.is_empty(),
        differences,
        changed_by_packages: by_packages.len(),
        complaints,
    })
}

impl Examined {
    /// An installation that [`examine`] failed at.
    #[must_use]
    pub fn unusable(key: String, failure: &Failure) -> Self {
        Self {
            is_sound: false,
            differences: Vec::new(),
            changed_by_packages: 0,
            complaints: vec![failure.to_string()],
            fix: reinstall(&key),
            key,
        }
    }
}

/// The command that installs one again.
#[must_use]
pub fn reinstall(key: &str) -> String {
    paste!["ftpy", "install", "--reinstall", key]
}

/// Whether pip may change a file: packages, and the scripts that they bring.
fn is_of_packages(path: &str, receipt: &Receipt) -> bool {
    if path.contains("/site-packages/") {
        return true;
    }
    // Scripts of packages that came along, which is pip alone.
    path.strip_prefix("bin/")
        .is_some_and(|name| name.starts_with("pip"))
        && path != receipt.executable
}

fn complaints(installed: &Installed, receipt: &Receipt) -> Vec<String> {
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
        Err(error) => return vec![error.to_string()],
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
            .map(|line| format!("it cannot import {line}")),
    );
    if receipt.prefix != installed.prefix {
        let made_for = receipt.prefix.display();
        complaints.push(format!(
            "it was moved here from {made_for}: its scripts name that place"
        ));
    }
    complaints
}
