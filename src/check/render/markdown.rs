//! The findings as Markdown, for the summary of a CI job.

use crate::check::finding::Findings;
use crate::check::render::table;
use crate::report::markup::cell;

/// Renders the table, and what is known about those that turn the GIL on.
#[must_use]
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::from("### GIL check\n\n");
    text.push_str(&format!("{}\n\n", cell(&table::summary(findings))));
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(&table::HEADINGS.map(capitalized)));
    text.push_str(&line(&table::HEADINGS.map(|_| "---".to_owned())));
    for row in table::rows(findings, true) {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        text.push_str(&line(&cells));
    }
    let details = table::details(findings);
    if !details.is_empty() {
        text.push_str("\n<details><summary>Details</summary>\n\n");
        for line in details {
            match line.strip_prefix("  ") {
                Some(line) => text.push_str(&format!("- {}\n", cell(line))),
                None => text.push_str(&format!("\n**{}**\n\n", cell(&line))),
            }
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// `Package`
fn capitalized(heading: &str) -> String {
    let (first, rest) = heading.split_at(1);
    match heading {
        "GIL" => heading.to_owned(),
        _ => format!("{first}{}", rest.to_lowercase()),
    }
}
