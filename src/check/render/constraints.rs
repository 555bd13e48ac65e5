//! A constraints file for pip and uv that keeps the GIL off.

use crate::check::finding::{Class, Findings};
use crate::check::render::table;
use std::collections::BTreeSet;

/// Renders a line for each package that turns the GIL on.
///
/// # Errors
/// Returns the packages for which no version is known that keeps it off, each with the reason.
pub fn constraints(findings: &Findings) -> Result<String, Vec<String>> {
    let (mut lines, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for package in findings
        .packages
        .iter()
        .filter(|it| it.class == Class::TurnsOn)
    {
        let remedy = package.remedy.as_ref();
        let title = table::title(package);
        match remedy.and_then(|remedy| remedy.constraint.as_ref()) {
            Some(constraint) => {
                lines.insert(format!("{constraint}  # {title} turns the GIL on\n"));
            }
            None => {
                let why = remedy.and_then(|remedy| remedy.none_because.clone());
                let why = why.unwrap_or_else(|| "its index is not known".to_owned());
                missing.insert(format!("{title}: {why}"));
            }
        }
    }
    match missing.is_empty() {
        true => Ok(lines.into_iter().collect()),
        false => Err(missing.into_iter().collect()),
    }
}
