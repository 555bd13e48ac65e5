//! Checks for stable ABI extensions in free-threaded environments.
//!
//! 3.13t and 3.14t do not support the stable ABI, but still try to import `x.abi3.so`, which was
//! compiled for another object layout and crashes or fails with a SystemError. 3.15t has its own
//! stable ABI (`.abi3t.so`, PEP 803).

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::Subject;
use crate::doctor::venvs::libraries;
use crate::report::text;
use crate::venv;
use ftpy_core::name::{Meaning, Name};
use ftpy_core::paste;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How many files are listed per environment.
const SHOWN: usize = 10;

/// Checks every free-threaded installation and every known virtual environment.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let installed = subject.installed.iter().map(|one| one.prefix.clone());
    let venvs = venv::known(&subject.store, &subject.env);
    let environments: Vec<PathBuf> = installed.chain(venvs).collect();
    let mut found = Vec::new();
    for environment in &environments {
        for (name, library) in libraries(environment) {
            if tries_abi3(&name) {
                found.extend(look(environment, &name, &library.join("site-packages")));
            }
        }
    }
    found
}

fn tries_abi3(name: &Name) -> bool {
    matches!(name.meaning, Meaning::Versioned(13 | 14, abi) if abi.is_free_threaded())
}

fn look(environment: &Path, name: &Name, site: &Path) -> Option<Finding> {
    let mut files = Vec::new();
    collect(site, &mut files);
    files.sort();
    if files.is_empty() {
        return None;
    }
    let relative: Vec<String> = files
        .iter()
        .filter_map(|file| Some(file.strip_prefix(site).ok()?.to_string_lossy().into_owned()))
        .collect();
    let owners = owners(site, &relative);
    let lines = relative.iter().take(SHOWN).map(|file| {
        let owner = owners.get(file).map(|owner| format!("{owner}: "));
        format!("{}{file}", owner.unwrap_or_default())
    });
    let rest = match relative.len().saturating_sub(SHOWN) {
        0 => None,
        count => Some(format!("and {count} more")),
    };
    let message = format!(
        "{} has {} for the stable ABI, which {name} does not support",
        environment.display(),
        text::count(relative.len(), "extension")
    );
    let finding = Finding::new(Code::Abi3Extension, message)
        .details(lines)
        .details(rest);
    let packages: BTreeSet<&String> = owners.values().collect();
    if packages.is_empty() {
        return Some(finding.advice("no package owns these files; remove them"));
    }
    let packages: Vec<&str> = packages.iter().map(|one| one.as_str()).collect();
    let python = environment.join("bin").join(name.to_string());
    let python = match python.exists() {
        true => python,
        false => environment.join("bin/python"),
    };
    let program = python.display().to_string();
    let start = [
        program.as_str(),
        "-m",
        "pip",
        "install",
        "--force-reinstall",
    ];
    let words: Vec<String> = start
        .into_iter()
        .chain(packages)
        .map(str::to_owned)
        .collect();
    let fix = paste::line(&words);
    let advice = "pip does not install such wheels for free-threaded builds; do not use the tool \
                  that did";
    Some(finding.fix(fix).advice(advice))
}

/// The `.abi3.so` files below a directory that Python would import. Links are not followed.
fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names = Vec::new();
    for entry in entries {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), found);
        } else if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    let abi3 = names.iter().filter_map(|name| {
        let module = name.strip_suffix(".abi3.so")?;
        // A matching file next to it takes precedence.
        let own = format!("{module}.cpython-3");
        let has_own = names.iter().any(|other| {
            let rest = other.strip_prefix(&own);
            rest.is_some_and(|rest| rest.starts_with("13t") || rest.starts_with("14t"))
        });
        (!has_own).then(|| directory.join(name))
    });
    found.extend(abi3);
}

/// The package of each file, according to the RECORDs.
fn owners(site: &Path, files: &[String]) -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    for entry in std::fs::read_dir(site).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name
            .to_str()
            .and_then(|name| name.strip_suffix(".dist-info"));
        let Some((package, _)) = name.and_then(|name| name.split_once('-')) else {
            continue;
        };
        let bytes = std::fs::read(entry.path().join("RECORD")).unwrap_or_default();
        let record = String::from_utf8_lossy(&bytes);
        let recorded: BTreeSet<&str> = record
            .lines()
            .filter_map(|line| line.split(',').next())
            .map(|path| path.trim_matches('"'))
            .collect();
        for file in files {
            if recorded.contains(file.as_str()) {
                owners.insert(file.clone(), package.to_owned());
            }
        }
    }
    owners
}
