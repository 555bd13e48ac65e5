//! Selects the rows of the table that apply to this machine. Pure.

use crate::distro::release::Release;
use crate::manifest::distro::{Distribution, Table};

/// The row of the machine's distribution, followed by package managers available on any system for
/// which `has` finds the program.
#[must_use]
pub fn rows<'a>(
    table: &'a Table,
    release: &Release,
    has: &dyn Fn(&str) -> bool,
) -> Vec<&'a Distribution> {
    let words = std::iter::once(&release.id).chain(&release.id_like);
    let own = words.flat_map(|id| {
        let with_id = table
            .distributions
            .iter()
            .filter(move |row| row.ids.contains(id));
        with_id.filter(|row| is_release(row, release))
    });
    let elsewhere = table.distributions.iter().filter(|row| {
        let family = table.families.get(&row.family);
        row.ids.is_empty() && family.is_some_and(|family| has(&family.program))
    });
    own.take(1).chain(elsewhere).collect()
}

fn is_release(row: &Distribution, release: &Release) -> bool {
    let has_codename = row.codenames.is_empty()
        || row
            .codenames
            .iter()
            .any(|name| release.codenames.contains(name));
    let has_number = match (&row.releases, release.number()) {
        (None, _) => true,
        (Some(range), Some(number)) => in_range(range, number),
        (Some(_), None) => false,
    };
    has_codename && has_number
}

/// Whether a number is in a range such as `9..10`.
fn in_range(range: &str, number: u32) -> bool {
    let ends = range.split_once("..");
    let ends = ends.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    ends.is_some_and(|(first, last): (u32, u32)| (first..=last).contains(&number))
}
