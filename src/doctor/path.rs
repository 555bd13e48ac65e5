//! Checks whether PATH leads to the shims first.

use crate::doctor::finding::{Code, Finding, word};
use crate::doctor::subject::{Subject, real, venv_of};
use crate::shim_links;
use ftpy_core::path::{holds_shims, is_executable};
use std::path::Path;

/// How many names are in the message; the files are listed below it.
const NAMED: usize = 4;

/// Checks whether the shims are on PATH, and which programs precede them.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let names = shim_links::names(&subject.store, &subject.host);
    // Without an installation there are no shims to find.
    if names.is_empty() {
        return Vec::new();
    }
    let shims = subject.store.shims();
    let place = real(&shims);
    let directories = subject.directories();
    let Some(at) = directories.iter().position(|other| real(other) == place) else {
        let message = format!("the shims are not on PATH: {}", shims.display());
        let advice = "then start a new shell";
        let finding = Finding::new(Code::ShimsNotOnPath, message);
        return vec![finding.fix("ftpy setup").advice(advice)];
    };
    let earlier = directories.iter().take(at);
    let shadows = earlier.filter(|directory| !is_active_venv(subject, directory));
    shadows
        .filter_map(|directory| shadow(directory, &names, &place))
        .collect()
}

/// An active virtual environment is supposed to come first.
fn is_active_venv(subject: &Subject, directory: &Path) -> bool {
    let active = subject.env.variables.virtual_env.as_ref();
    active.is_some_and(|venv| real(&venv.join("bin")) == real(directory))
}

fn shadow(directory: &Path, names: &[String], shims: &Path) -> Option<Finding> {
    let is_shadow = |name: &&String| {
        let file = directory.join(name);
        // A link to the shim of this name counts as the shim.
        is_executable(&file) && real(&file) != shims.join(name)
    };
    let shadowed: Vec<&String> = names.iter().filter(is_shadow).collect();
    if shadowed.is_empty() {
        return None;
    }
    let named: Vec<&str> = shadowed
        .iter()
        .take(NAMED)
        .map(|one| one.as_str())
        .collect();
    let more = match shadowed.len().saturating_sub(NAMED) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let (what, advice) = if let Some(venv) = venv_of(directory) {
        let what = "the virtual environment in ";
        let venv = venv.display();
        let advice =
            format!("{venv} is not active; activate it, or remove its bin directory from PATH");
        (what, advice)
    } else if holds_shims(directory) {
        let advice = "remove the other store's shims from PATH".to_owned();
        ("another ftpy store in ", advice)
    } else {
        let advice = format!("put {} before it on PATH", word(shims));
        ("", advice)
    };
    let message = format!(
        "{what}{} comes before the shims on PATH and contains {}{more}",
        directory.display(),
        named.join(", "),
    );
    let files = shadowed
        .iter()
        .map(|name| directory.join(name).display().to_string());
    Some(
        Finding::new(Code::ShimShadowed, message)
            .details(files)
            .advice(advice),
    )
}
