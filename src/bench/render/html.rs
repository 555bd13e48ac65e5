//! A comparison as one page that needs nothing else: the verdict, charts, the table, the machine.

use crate::bench::host::{Fitness, HostFacts};
use crate::bench::outcome::{BenchReport, PayVerdict, StopReason};
use crate::bench::render::chart::STYLE;
use crate::bench::render::figures::{percent, rough};
use crate::bench::render::selection::python;
use crate::bench::render::text::{clipped, sentence};
use crate::bench::render::{memory_chart, samples_chart, svg, table, words};
use crate::report::markup::{escaped, filled};
use crate::report::text::{bytes, count, elapsed};
use std::time::Duration;

/// The page around the parts.
const PAGE: &str = include_str!("page.html");
/// A longer command or text is cut.
pub(super) const LONGEST: usize = 400;

/// Renders the page.
#[must_use]
pub fn html(report: &BenchReport) -> String {
    let kind = match report.verdict {
        PayVerdict::Pays => "good",
        PayVerdict::DoesNotPay => "bad",
        PayVerdict::Undecided | PayVerdict::CouldNotMeasure => "open",
    };
    let command = clipped(&report.command.join(" "), LONGEST);
    let (headings, rows) = table::rows(report);
    let parts = [
        (
            "{{title}}",
            escaped(&format!("ftpy bench: {}", clipped(&command, 60))),
        ),
        ("{{chart_style}}", STYLE.to_owned()),
        (
            "{{heading}}",
            escaped(&format!("Does {} pay?", python(report))),
        ),
        ("{{command}}", escaped(&command)),
        ("{{kind}}", kind.to_owned()),
        ("{{verdict}}", verdict(report)),
        ("{{charts}}", charts(report)),
        (
            "{{arms}}",
            drawn_table(&headings, &rows, "No arm was measured."),
        ),
        ("{{base}}", base(report)),
        ("{{notes}}", notes(report)),
        ("{{host}}", host(report)),
        ("{{method}}", method(report)),
        ("{{version}}", escaped(env!("CARGO_PKG_VERSION"))),
    ];
    filled(PAGE, &parts)
}

fn verdict(report: &BenchReport) -> String {
    let is_unfinished = report.course.stopped_by == StopReason::Interrupted;
    let first = if is_unfinished { 2 } else { 1 };
    let lines = words::verdict(report).into_iter().enumerate();
    let lines = lines.map(|(index, line)| {
        let class = if index < first {
            " class=\"first\""
        } else {
            ""
        };
        format!("<p{class}>{}</p>\n", escaped(&clipped(&line, LONGEST)))
    });
    lines.collect()
}

fn charts(report: &BenchReport) -> String {
    let charts = [
        svg::speed_up(report, svg::SMALL),
        svg::efficiency(report, svg::SMALL),
        memory_chart::memory(report, svg::SMALL.0),
        samples_chart::samples(report, svg::SMALL.0),
    ];
    let figures = charts.map(|chart| format!("<figure>{}</figure>\n", chart.render(None)));
    figures.concat()
}

fn drawn_table(headings: &[String], rows: &[Vec<String>], otherwise: &str) -> String {
    if rows.is_empty() {
        return format!("<p>{otherwise}</p>\n");
    }
    let head: String = headings
        .iter()
        .map(|heading| format!("<th scope=\"col\">{}</th>", escaped(heading)))
        .collect();
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().zip(headings).map(|(cell, heading)| {
            format!(
                "<td data-label=\"{}\">{}</td>",
                escaped(heading),
                escaped(cell)
            )
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n")
}

fn base(report: &BenchReport) -> String {
    if report.base.is_empty() {
        return String::new();
    }
    let (headings, rows) = table::base_rows(report);
    format!(
        "<h2>Compared with the base</h2>\n{}",
        drawn_table(&headings, &rows, "")
    )
}

fn notes(report: &BenchReport) -> String {
    let notes = report
        .notes
        .iter()
        .map(|note| sentence(&clipped(note, LONGEST)));
    let notes = notes.filter(|note| !note.is_empty());
    let items: String = notes
        .map(|note| format!("<li>{}</li>\n", escaped(&note)))
        .collect();
    match items.is_empty() {
        true => items,
        false => format!("<h2>Notes</h2>\n<ul>\n{items}</ul>\n"),
    }
}

fn host(report: &BenchReport) -> String {
    let facts = facts(&report.host.facts).join(", ");
    let mut text = match facts.is_empty() {
        true => String::new(),
        false => format!("<p>{}</p>\n", escaped(&facts)),
    };
    let findings = report.host.findings.iter().map(|finding| {
        let (kind, word) = match finding.fitness {
            Fitness::Fit => ("good", "fit"),
            Fitness::Doubtful => ("open", "doubtful"),
            Fitness::Unfit => ("bad", "unfit"),
        };
        let subject = escaped(&clipped(&finding.subject, LONGEST));
        let found = escaped(&sentence(&clipped(&finding.text, LONGEST)));
        let advice = escaped(&sentence(&clipped(&finding.advice, LONGEST)));
        format!(
            "<li><span class=\"fitness {kind}\">{word}</span> ({subject}): {found} {advice}</li>\n"
        )
    });
    let findings: String = findings.collect();
    match findings.is_empty() {
        true => text.push_str("<p>Nothing on this machine speaks against the comparison.</p>\n"),
        false => text.push_str(&format!("<ul>\n{findings}</ul>\n")),
    }
    text
}

/// What is known of the machine, a few words each.
fn facts(facts: &HostFacts) -> Vec<String> {
    let number = |value: u32, noun: &str| count(usize::try_from(value).unwrap_or(0), noun);
    let known = [
        facts.processor.as_deref().map(|name| clipped(name, 80)),
        facts.cpus.map(|cpus| number(cpus, "logical CPU")),
        facts
            .allowed_cpus
            .filter(|allowed| facts.cpus != Some(*allowed))
            .map(|allowed| format!("{allowed} of them allowed")),
        facts
            .quota
            .filter(|quota| quota.is_finite())
            .map(|quota| format!("a quota of {} CPUs", rough(quota))),
        facts
            .threads_per_core
            .map(|threads| format!("{} per core", number(threads, "thread"))),
        facts
            .core_kinds
            .filter(|kinds| *kinds > 1)
            .map(|kinds| format!("{kinds} kinds of cores")),
        facts
            .numa_nodes
            .filter(|nodes| *nodes > 1)
            .map(|nodes| format!("{nodes} NUMA nodes")),
        facts
            .governor
            .as_deref()
            .map(|name| format!("governor {}", clipped(name, 40))),
        facts
            .available_memory
            .map(|size| format!("{} available", bytes(size))),
        facts
            .virtualisation
            .as_deref()
            .map(|name| clipped(name, 40)),
    ];
    known.into_iter().flatten().collect()
}

/// How it was measured.
fn method(report: &BenchReport) -> String {
    let course = &report.course;
    let ended = match course.stopped_by {
        StopReason::Width => "the intervals had the wanted width",
        StopReason::Budget => "the budget was used up",
        StopReason::Blocks => "more blocks would hardly change the intervals",
        StopReason::Interrupted => "it was interrupted",
        StopReason::Failed => "further runs were pointless",
    };
    let took = Duration::try_from_secs_f64(course.seconds).map(elapsed);
    let took = took.map_or_else(|_| String::new(), |took| format!(" after {took}"));
    let number = |blocks: u32| count(usize::try_from(blocks).unwrap_or(0), "block");
    let builds = &report.builds;
    let mut lines = vec![
        format!(
            "Builds: {} and {}.",
            clipped(&builds.gil, 80),
            clipped(&builds.free_threaded, 80)
        ),
        format!(
            "Each block has one run of each arm, in random order (seed {}). {} ran; {} were left \
             out as warm-up and {} as disturbed. The measuring ended{took}: {ended}.",
            course.seed,
            number(course.blocks),
            course.warm_up_blocks,
            course.disturbed_blocks
        ),
        format!(
            "Times are medians. Ratios compare runs of the same block, with 95 % intervals; \
             {} was the wanted width. A gain below {} counts as none. Lines between measured \
             numbers of threads are a guide to the eye.",
            percent(course.wanted_width),
            percent(report.margin)
        ),
    ];
    lines.extend(words::control(report));
    let lines = lines
        .iter()
        .map(|line| format!("<p>{}</p>\n", escaped(line)));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn the_page_needs_nothing_else() {
        for (name, report) in fixtures::all() {
            let page = html(&report);
            assert!(
                page.starts_with("<!doctype html>") && page.ends_with("</html>\n"),
                "{name}"
            );
            for forbidden in [
                "<script",
                "href=",
                "src=",
                "@import",
                "url(",
                "NaN",
                "javascript:1)<",
            ] {
                assert!(!page.contains(forbidden), "{name}: {forbidden}");
            }
            assert_eq!(page.matches("<svg ").count(), 4, "{name}");
            let is_hostile = name == "hostile";
            assert!(is_hostile || !page.contains("{{"), "{name}");
            assert!(page.len() < 100_000, "{name}: {}", page.len());
            assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        }
    }

    #[test]
    fn ids_are_unique() {
        let page = html(&fixtures::scales());
        let mut ids: Vec<&str> = page
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), all), (8, 8));
    }

    #[test]
    fn the_parts_are_in_their_places() {
        let page = html(&fixtures::scales());
        for text in [
            "<h1>Does 3.14t pay?</h1>",
            "<p class=\"first\">3.14t pays from 3 threads on (95 %: 2 to 4).</p>",
            "<section class=\"verdict good\">",
            "<td data-label=\"Speed-up\">4.93x</td>",
            "Compared with the base",
            "<li>The workload does no I/O.</li>",
            "Example CPU 9000, 8 logical CPUs, kvm",
            "14 blocks ran; 2 were left out as warm-up and 1 as disturbed.",
            "ended after 5m 21s: the intervals had the wanted width.",
            "Two arms that are the same differ by 0.2 % ± 0.4, which is noise.",
        ] {
            assert!(page.contains(text), "{text}");
        }
        let page = html(&fixtures::could_not_measure());
        assert!(page.contains("No arm was measured.") && page.contains("verdict open"));
    }
}
