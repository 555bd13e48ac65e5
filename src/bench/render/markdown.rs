//! A comparison as Markdown, for the summary of a CI job.

use crate::bench::host::Fitness;
use crate::bench::outcome::BenchReport;
use crate::bench::render::html::LONGEST;
use crate::bench::render::selection::python;
use crate::bench::render::text::{clipped, sentence};
use crate::bench::render::{suite_table, table, words};
use crate::report::markup::cell;

/// Renders the verdict, the table, the comparison with the base, and notes. A picture is shown if
/// its name is given.
#[must_use]
pub fn markdown(report: &BenchReport, svg_name: Option<&str>) -> String {
    let mut text = heading(report);
    let command = clipped(&report.command.join(" "), LONGEST);
    for (index, line) in words::verdict(report).iter().enumerate() {
        let line = cell(&clipped(line, LONGEST));
        let mark = if index == 0 { "**" } else { "" };
        text.push_str(&format!("{mark}{line}{mark}\n\n"));
    }
    if let Some(name) = svg_name {
        text.push_str(&format!("![Speed-up by threads]({})\n\n", link(name)));
    }
    let (headings, rows) = table::rows(report);
    text.push_str(&drawn_table(&headings, &rows));
    if !report.base.is_empty() {
        let (headings, rows) = table::base_rows(report);
        text.push_str("#### Compared with the base\n\n");
        text.push_str(&drawn_table(&headings, &rows));
    }
    let findings = report.host.findings.iter();
    let findings = findings
        .filter(|finding| finding.fitness != Fitness::Fit)
        .map(|finding| {
            let advice = sentence(&clipped(&finding.advice, LONGEST));
            format!("{} {advice}", sentence(&clipped(&finding.text, LONGEST)))
        });
    let notes = report
        .notes
        .iter()
        .map(|note| sentence(&clipped(note, LONGEST)));
    let notes: Vec<String> = notes
        .chain(findings)
        .filter(|note| !note.trim().is_empty())
        .collect();
    if !notes.is_empty() {
        text.push_str("#### Notes\n\n");
        for note in notes {
            text.push_str(&format!("- {}\n", cell(note.trim())));
        }
        text.push('\n');
    }
    let (command, builds) = (cell(&command), builds(report));
    text.push_str(&format!("<sub>{command}: {builds}</sub>\n"));
    text
}

/// Renders the workloads of a suite by their names; empty without any.
#[must_use]
pub fn suite(workloads: &[(&str, &BenchReport)]) -> String {
    let Some((_, first)) = workloads.first() else {
        return String::new();
    };
    let headings = suite_table::HEADINGS.map(str::to_owned);
    let rows: Vec<Vec<String>> = workloads
        .iter()
        .map(|(name, report)| suite_table::row(name, report))
        .map(|row| row.iter().map(|text| clipped(text, LONGEST)).collect())
        .collect();
    let table = drawn_table(&headings, &rows);
    format!("{}{table}<sub>{}</sub>\n", heading(first), builds(first))
}

fn heading(report: &BenchReport) -> String {
    format!("### Does {} pay?\n\n", cell(&python(report)))
}

/// The two builds that were compared.
fn builds(report: &BenchReport) -> String {
    let builds = [&report.builds.gil, &report.builds.free_threaded];
    let [gil, free_threaded] = builds.map(|build| cell(&clipped(build, LONGEST)));
    format!("{gil} and {free_threaded}")
}

/// A table, and an empty line; empty without rows.
fn drawn_table(headings: &[String], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(headings.iter().map(|heading| cell(heading)).collect());
    text.push_str(&line(headings.iter().map(|_| "---".to_owned()).collect()));
    for row in rows {
        text.push_str(&line(row.iter().map(|text| cell(text)).collect()));
    }
    text.push('\n');
    text
}

/// The address of a picture, without a character that has a meaning in Markdown. Only http and
/// https are schemes of addresses.
fn link(name: &str) -> String {
    let schemes = ["https://", "http://"];
    let scheme = schemes.into_iter().find(|scheme| name.starts_with(scheme));
    let scheme = scheme.unwrap_or_default();
    let mut address = scheme.to_owned();
    for byte in name[scheme.len()..].bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'/' | b'_' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn the_summary_has_the_verdict_the_picture_and_the_tables() {
        let text = markdown(&fixtures::scales(), Some("bench 1.svg"));
        for part in [
            "### Does 3.14t pay?\n\n**3.14t pays from 3 threads on (95 %: 2 to 4).**\n\n",
            "![Speed-up by threads](bench%201.svg)\n",
            "| Arm | Time | Time ratio (95 %) | Speed-up | CPU time | Memory |\n| --- |",
            "#### Compared with the base\n\n| Arm | Change | 95 % |\n",
            "- The workload does no I/O.\n",
            "<sub>python work.py: 3.14.7-pbs-20260901 and 3.14.7t-pbs-20260901</sub>\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!markdown(&fixtures::scales(), None).contains("!["));
        let text = markdown(&fixtures::could_not_measure(), None);
        assert!(
            text.contains("**Could not measure whether 3.14t pays.**") && !text.contains("| Arm")
        );
    }

    #[test]
    fn a_suite_is_one_table() {
        let (scales, refused) = (fixtures::scales(), fixtures::could_not_measure());
        let text = suite(&[("shared_dict", &scales), ("queue | two", &refused)]);
        for part in [
            "### Does 3.14t pay?\n\n| Workload | Verdict | One thread | At its best |\n| --- |",
            "\n| shared&#95;dict | pays from 3 threads on | slower by",
            "\n| queue &#124; two | could not measure: ",
            "<sub>3.14.7-pbs-20260901 and 3.14.7t-pbs-20260901</sub>\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(suite(&[]).is_empty());
    }

    #[test]
    fn texts_of_others_have_no_meaning() {
        for (name, report) in fixtures::all() {
            let text = markdown(&report, Some("x](javascript:alert(1))\n::error::"));
            assert!(!text.contains("<script") && !text.contains("NaN"), "{name}");
            assert!(!text.contains("`x`") && !text.contains("@me"), "{name}");
            assert!(
                !text.lines().any(|line| line.trim_start().starts_with("::")),
                "{name}"
            );
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}");
            assert!(text.len() < 20_000, "{name}: {}", text.len());
            assert!(text.contains("(x%5D%28javascript%3Aalert%281%29%29%0A%3A%3Aerror%3A%3A)"));
        }
        assert_eq!(link("https://example.org/a b"), "https://example.org/a%20b");
    }
}
