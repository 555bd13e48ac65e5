//! `ftpy bench`: measures, and renders what was found.

use crate::bench::condition::Answer;
use crate::bench::host;
use crate::bench::outcome::{BenchReport, PayVerdict};
use crate::bench::render::{curve, html, markdown, suite_table, svg, table, words};
use crate::cancel::Cancel;
use crate::cli::bench::{Bench, Output};
use crate::commands::report_files::{append_summary, save};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::bench::compare::{Comparison, compare};
use crate::ops::bench::options::{Conditions, conditions};
use crate::ops::bench::{self, BenchOutcome, machine, suite, took};
use crate::ops::context::Context;
use crate::report::Verb;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The width of the curve where stdout is not a terminal.
const COLUMNS: usize = 80;

/// `ftpy bench`
pub(super) fn bench(context: &Context, asked: &Bench) -> Result<()> {
    let conditions = conditions(&asked.output)?;
    check_files(context, &asked.output)?;
    if asked.host {
        return tell_host(context, asked);
    }
    if let Some([old, new]) = asked.compare.as_deref() {
        tell_comparison(context, &compare(context, old, new)?);
        return Ok(());
    }
    if let Some(names) = &asked.suite {
        let outcomes = suite::suite(context, asked, names)?;
        return tell_suite(context, asked, outcomes);
    }
    if let Some(names) = &asked.pyperformance {
        let outcomes = suite::pyperformance(context, asked, names)?;
        return tell_suite(context, asked, outcomes);
    }
    let outcome = bench::bench(context, asked)?;
    tell(context, &outcome.report);
    write(context, &asked.output, &outcome.report)?;
    end(context, outcome, &conditions)
}

/// Fails before the measuring if a file cannot be written after it.
fn check_files(context: &Context, output: &Output) -> Result<()> {
    let files = [&output.export, &output.svg, &output.html];
    for file in files.into_iter().flatten() {
        let path = context.env.current_dir.join(file);
        person_file::check(&path).map_err(IoFailure::outside_store)?;
    }
    Ok(())
}

fn tell_host(context: &Context, asked: &Bench) -> Result<()> {
    let counts = bench::options::counts(asked)?;
    let most = counts.iter().copied().max().unwrap_or(1);
    let report = machine::examine(context, most, Duration::ZERO, &Cancel::default());
    match context.reporter.is_json() {
        true => context.reporter.json(&report),
        false => {
            let lines = host::lines(&report);
            lines.iter().for_each(|line| context.reporter.data(line));
        }
    }
    match report.fitness {
        host::Fitness::Unfit => Err(Failure::new(
            Kind::Unchecked,
            "this machine cannot answer whether free-threading pays",
        )),
        _ => Ok(()),
    }
}

/// Prints the verdict, the arms and the curve.
fn tell(context: &Context, report: &BenchReport) {
    let reporter = &context.reporter;
    let course = &report.course;
    if course.blocks + course.disturbed_blocks > 0 {
        let left_out = course.warm_up_blocks + course.disturbed_blocks;
        let line = format!(
            "{} blocks of all arms in {}, {left_out} left out",
            course.blocks + course.disturbed_blocks,
            took(report),
        );
        reporter.status(Verb::Measured, line);
    }
    if reporter.is_json() {
        reporter.json(report);
        return;
    }
    for line in words::verdict(report) {
        reporter.data(line);
    }
    let (headings, rows) = table::rows(report);
    if !rows.is_empty() {
        reporter.data("");
        tell_table(context, &headings, &rows);
    }
    let columns = reporter.columns().unwrap_or(COLUMNS).clamp(40, 120);
    let curve = curve::curve(report, columns, true);
    if !curve.is_empty() {
        reporter.data("");
    }
    curve.iter().for_each(|line| reporter.data(line));
    report.notes.iter().for_each(|note| reporter.note(note));
}

fn tell_table(context: &Context, headings: &[impl AsRef<str>], rows: &[Vec<String>]) {
    let headings: Vec<String> = headings
        .iter()
        .map(|heading| heading.as_ref().to_uppercase())
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    context.reporter.table(&headings, rows);
}

/// Writes the files, and the summary of a CI job.
fn write(context: &Context, output: &Output, report: &BenchReport) -> Result<()> {
    if let Some(file) = &output.export {
        save(context, file, &export(report)?)?;
    }
    if let Some(file) = &output.svg {
        save(context, file, &svg::svg(report))?;
    }
    if let Some(file) = &output.html {
        save(context, file, &html::html(report))?;
    }
    let picture = output.svg.as_deref().map(Path::to_string_lossy);
    append_summary(context, || markdown::markdown(report, picture.as_deref()))
}

fn export(document: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(document);
    let text = text.map_err(|error| Failure::new(Kind::Internal, error.to_string()))?;
    Ok(text + "\n")
}

/// The end: a failure, the conditions, or that nothing could be measured.
fn end(context: &Context, outcome: BenchOutcome, conditions: &Conditions) -> Result<()> {
    if let Some(failure) = outcome.failure {
        return Err(failure);
    }
    let report = &outcome.report;
    let mut broken = Vec::new();
    for (condition, must_hold) in &conditions.0 {
        let answer = condition.answer(report);
        let seen = condition.seen(report).map_or_else(String::new, |seen| {
            format!(
                " ({:.3}, 95 %: {:.3} to {:.3})",
                seen.value, seen.low, seen.high
            )
        });
        let option = if *must_hold {
            "--fail-unless"
        } else {
            "--fail-if"
        };
        match (answer, must_hold) {
            (Answer::Holds, true) | (Answer::Fails, false) => {}
            (Answer::Open, false) => context.reporter.note(format!(
                "{option} {condition}: open, because the interval contains both{seen}"
            )),
            (Answer::Missing, _) => {
                broken.push(format!("{option} {condition}: not measured"));
            }
            _ => broken.push(format!("{option} {condition}{seen}")),
        }
    }
    if report.verdict == PayVerdict::CouldNotMeasure {
        let message = format!("no verdict: {}", report.reason);
        return Err(Failure::new(Kind::Unchecked, message).details(broken));
    }
    match broken.is_empty() {
        true => Ok(()),
        false => {
            let message = format!("{} of the conditions failed", broken.len());
            Err(Failure::new(Kind::Findings, message).details(broken))
        }
    }
}

fn tell_comparison(context: &Context, comparison: &Comparison) {
    let reporter = &context.reporter;
    for doubt in &comparison.doubts {
        reporter.warn(doubt);
    }
    if reporter.is_json() {
        reporter.json(comparison);
        return;
    }
    let shown = |it: &crate::bench::outcome::Interval| {
        format!("{:.3} ({:.3} to {:.3})", it.value, it.low, it.high)
    };
    let rows: Vec<Vec<String>> = comparison
        .arms
        .iter()
        .map(|arm| {
            let change = match arm.is_different {
                true => format!("{:+.1} %", (arm.new.value / arm.old.value - 1.0) * 100.0),
                false => "within the noise".to_owned(),
            };
            vec![arm.id.to_string(), shown(&arm.old), shown(&arm.new), change]
        })
        .collect();
    reporter.table(&["ARM", "OLD", "NEW", "CHANGE"], &rows);
}

/// The JSON of a suite.
#[derive(Serialize)]
struct SuiteDocument<'a> {
    suite: &'a [&'a BenchReport],
}

fn tell_suite(
    context: &Context,
    asked: &Bench,
    outcomes: Vec<(String, BenchOutcome)>,
) -> Result<()> {
    let reporter = &context.reporter;
    let reports: Vec<&BenchReport> = outcomes
        .iter()
        .map(|(_, outcome)| &outcome.report)
        .collect();
    let document = SuiteDocument { suite: &reports };
    if let Some(file) = &asked.output.export {
        save(context, file, &export(&document)?)?;
    }
    let workloads: Vec<(&str, &BenchReport)> = outcomes
        .iter()
        .map(|(name, outcome)| (name.as_str(), &outcome.report))
        .collect();
    append_summary(context, || markdown::suite(&workloads))?;
    if reporter.is_json() {
        reporter.json(&document);
    } else {
        let rows = workloads.iter();
        let rows: Vec<Vec<String>> = rows
            .map(|(name, report)| suite_table::row(name, report))
            .collect();
        tell_table(context, &suite_table::HEADINGS, &rows);
    }
    tell_notes(context, &outcomes);
    let is_refused = |report: &&BenchReport| report.verdict == PayVerdict::CouldNotMeasure;
    let refused = reports.first().filter(|_| reports.iter().all(is_refused));
    let refused = refused.map(|first| format!("no verdict: {}", first.reason));
    let failures = outcomes.into_iter().filter_map(|(_, it)| it.failure);
    let failures: Vec<Failure> = failures.collect();
    if let Some(failure) = joined(failures) {
        return Err(failure);
    }
    refused.map_or(Ok(()), |message| {
        Err(Failure::new(Kind::Unchecked, message))
    })
}

/// Prints each note once, with the workloads that it is about unless it is about all.
fn tell_notes(context: &Context, outcomes: &[(String, BenchOutcome)]) {
    let mut notes: Vec<(&String, Vec<&str>)> = Vec::new();
    for (name, outcome) in outcomes {
        for note in &outcome.report.notes {
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, names)) => names.push(name),
                None => notes.push((note, vec![name])),
            }
        }
    }
    for (note, names) in notes {
        match names.len() == outcomes.len() {
            true => context.reporter.note(note),
            false => context
                .reporter
                .note(format!("{}: {note}", names.join(", "))),
        }
    }
}

/// The failure that decides the exit code: an interrupt, else a GIL that came on, else the first one.
/// The others are its details.
fn joined(mut failures: Vec<Failure>) -> Option<Failure> {
    failures.sort_by_key(|failure| match failure.kind {
        Kind::Interrupted => 0,
        Kind::GilEnabled => 1,
        _ => 2,
    });
    if failures.is_empty() {
        return None;
    }
    let first = failures.remove(0);
    let others = failures.into_iter().map(|failure| failure.message);
    Some(first.details(others))
}
