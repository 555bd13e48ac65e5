//! `ftpy verify`: are the files still those that were installed, and does the interpreter still
//! say what it said?

use crate::cli::Verify;
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::probe::{Expectation, REQUIRED, probe};
use crate::report::Phase;
use crate::store::{Difference, Installed, Receipt};
use serde::Serialize;

/// What was found of one installation.
#[derive(Debug, Serialize)]
struct Finding {
    key: String,
    is_sound: bool,
    /// Files of the interpreter that are not as they were installed.
    differences: Vec<Difference>,
    /// Files that packages are allowed to change: pip upgrading itself.
    changed_by_packages: usize,
    /// What the interpreter says that it should not.
    complaints: Vec<String>,
}

/// `ftpy verify`
pub(super) fn verify(context: &Context, arguments: &Verify) -> Result<()> {
    let host = target::detect();
    let installed = match &arguments.request {
        None => context.store.installed(&host),
        Some(text) => {
            let request = request::read(text)?;
            let found = request::installed(context, &request, &host);
            if found.is_empty() {
                return Err(request::not_installed(context, &request, &host));
            }
            found
        }
    };
    let findings: Vec<Finding> = installed
        .iter()
        .map(|installed| {
            let key = installed.key.to_string();
            let task = context.reporter.task(&key);
            task.phase(Phase::Open("hashing the files".to_owned()));
            examine(installed).unwrap_or_else(|failure| Finding {
                key,
                is_sound: false,
                differences: Vec::new(),
                changed_by_packages: 0,
                complaints: vec![failure.to_string()],
            })
        })
        .collect();
    if context.reporter.is_json() {
        context.reporter.json(&findings);
    } else {
        for finding in &findings {
            show(context, finding);
        }
    }
    let broken: Vec<&Finding> = findings
        .iter()
        .filter(|finding| !finding.is_sound)
        .collect();
    let Some(first) = broken.first() else {
        return Ok(());
    };
    let message = match broken.len() {
        1 => format!("{} is not as it was installed", first.key),
        count => format!("{count} installations are not as they were installed"),
    };
    Err(Failure::new(Kind::Integrity, message)
        .hint(format!("`ftpy install --reinstall {}` heals it", first.key)))
}

fn examine(installed: &Installed) -> Result<Finding> {
    let receipt = Receipt::of(installed)?;
    let inventory = receipt.inventory(&installed.prefix)?;
    let all = inventory.differences(&installed.prefix)?;
    let (by_packages, differences): (Vec<Difference>, Vec<Difference>) = all
        .into_iter()
        .partition(|difference| is_of_packages(difference.path(), &receipt));
    let complaints = complaints(installed, &receipt);
    Ok(Finding {
        key: receipt.key,
        is_sound: differences.is_empty() && complaints.is_empty(),
        differences,
        changed_by_packages: by_packages.len(),
        complaints,
    })
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

fn show(context: &Context, finding: &Finding) {
    let verdict = if finding.is_sound {
        "sound"
    } else {
        "NOT SOUND"
    };
    let packages = match finding.changed_by_packages {
        0 => String::new(),
        count => format!(" ({count} files changed by packages)"),
    };
    context
        .reporter
        .data(format!("{}: {verdict}{packages}", finding.key));
    for difference in &finding.differences {
        let what = match difference {
            Difference::Missing(_) => "missing",
            Difference::Changed(_) => "changed",
        };
        context
            .reporter
            .data(format!("  {what}: {}", difference.path()));
    }
    for complaint in &finding.complaints {
        context.reporter.data(format!("  {complaint}"));
    }
}
