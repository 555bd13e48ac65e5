//! The packages that were installed into an installation itself, and their way into a newer one: at
//! the same versions, without dependencies, which are among them.

use crate::error::{IoFailure, Result};
use crate::ops::context::Context;
use crate::ops::installer::Installer;
use crate::ops::make_venv::last;
use crate::relocate::executable_name;
use crate::report::{Verb, text};
use crate::store::{Installed, Receipt};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Output;

/// A package that was installed into an installation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddedPackage {
    /// `six==1.17.0`
    pub(crate) requirement: String,
    /// Where it was installed from, if not from an index: PEP 610.
    url: Option<String>,
}

/// What became of the packages.
#[derive(Debug, Default, Serialize)]
pub(crate) struct MovedPackages {
    /// `six==1.17.0`
    pub(crate) moved: Vec<String>,
    /// Those that could not be installed.
    pub(crate) left: Vec<LeftPackage>,
}

/// A package that could not be installed.
#[derive(Debug, Serialize)]
pub(crate) struct LeftPackage {
    pub(crate) requirement: String,
    pub(crate) reason: String,
}

/// `direct_url.json`
#[derive(Deserialize)]
struct DirectUrl {
    url: String,
}

/// Returns the packages that were installed into a prefix, except pip and those that it came with.
pub(crate) fn packages_in(prefix: &Path) -> Vec<AddedPackage> {
    let inventory = Receipt::read(prefix).and_then(|receipt| receipt.inventory(prefix));
    let inventory = inventory.ok();
    let is_added = |file: &Path| {
        let below = file.strip_prefix(prefix).unwrap_or(file).to_string_lossy();
        let files = inventory.as_ref().map(|inventory| &inventory.files);
        files.is_none_or(|files| !files.contains_key(&*below))
    };
    let children = |directory: &Path| std::fs::read_dir(directory).into_iter().flatten().flatten();
    let libraries = children(&prefix.join("lib"));
    let sites = libraries.map(|entry| entry.path().join("site-packages"));
    let mut found: Vec<AddedPackage> = sites
        .flat_map(|site| children(&site))
        .filter(|entry| is_added(&entry.path().join("METADATA")))
        .filter_map(|entry| package(&entry.path()))
        .collect();
    found.sort();
    found
}

/// The package of `six-1.17.0.dist-info`.
fn package(directory: &Path) -> Option<AddedPackage> {
    let name = directory.file_name()?.to_str()?;
    let (name, version) = name.strip_suffix(".dist-info")?.split_once('-')?;
    let url = std::fs::read_to_string(directory.join("direct_url.json")).ok();
    let url = url.and_then(|text| serde_json::from_str::<DirectUrl>(&text).ok());
    (name != "pip").then(|| AddedPackage {
        requirement: format!("{name}=={version}"),
        url: url.map(|direct| direct.url),
    })
}

/// Installs the packages of one installation into another. A package that cannot be installed does
/// not keep the others from it.
///
/// # Errors
/// Returns an error if the interpreter does not start.
pub(crate) fn move_packages(
    context: &Context,
    packages: Vec<AddedPackage>,
    to: &Installed,
    builds: bool,
) -> Result<MovedPackages> {
    let mut result = MovedPackages::default();
    let mut wanted = Vec::new();
    for AddedPackage { requirement, url } in packages {
        match url {
            None => wanted.push(requirement),
            Some(url) => result.left.push(LeftPackage {
                reason: format!("it was installed from {url}"),
                requirement,
            }),
        }
    }
    if wanted.is_empty() {
        return Ok(result);
    }
    let task = context.reporter.task("packages");
    task.step_on(Verb::Installing, text::count(wanted.len(), "package"));
    if pip(context, to, &wanted, builds)?.status.success() {
        result.moved = wanted;
        return Ok(result);
    }
    // pip installs all or none.
    for requirement in wanted {
        task.step_on(Verb::Installing, requirement.clone());
        let output = pip(context, to, std::slice::from_ref(&requirement), builds)?;
        if output.status.success() {
            result.moved.push(requirement);
            continue;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = last(&said, &output).pop().unwrap_or_default();
        let reason = reason.trim().trim_start_matches("ERROR: ").to_owned();
        result.left.push(LeftPackage {
            requirement,
            reason,
        });
    }
    Ok(result)
}

/// Runs `pip install`.
fn pip(context: &Context, to: &Installed, wanted: &[String], builds: bool) -> Result<Output> {
    let python = to.prefix.join("bin").join(executable_name(&to.key.build));
    let mut command = Installer::Pip.install(context, &python, &python);
    command.args(["--no-deps", "--no-warn-script-location"]);
    if !builds {
        command.args(["--only-binary", ":all:"]);
    }
    let output = command.args(wanted).output();
    Ok(output.map_err(IoFailure::at("start", python))?)
}
