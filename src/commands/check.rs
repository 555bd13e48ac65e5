//! `ftpy check`: prints which dependencies turn the GIL on.

use crate::check::lock::LockChoice;
use crate::check::render::{constraints, html, json, markdown, sarif, table};
use crate::check::{Class, Findings};
use crate::ci::{self, Annotation, System};
use crate::cli::check::{Check, GilCheck};
use crate::commands::report_files::{append_summary, save};
use crate::commands::survey;
use crate::error::{Failure, Kind, Result};
use crate::ops::check;
use crate::ops::check::request::CheckRequest;
use crate::ops::check::targets::targets;
use crate::ops::check::verdict::conclude;
use crate::ops::context::Context;
use std::path::Path;

/// The file name that means stdout.
const STDOUT: &str = "-";

/// `ftpy check`
pub(super) fn check(context: &Context, arguments: &Check) -> Result<()> {
    if let Some(surveyed) = survey::survey(context, arguments) {
        return surveyed;
    }
    let is_document = writes_to_stdout(context, arguments)?;
    let parts = arguments.parts.clone();
    let findings = check::check(
        context,
        &CheckRequest {
            subjects: &arguments.subjects,
            requirements: &arguments.requirements,
            targets: targets(context, &arguments.pythons, &arguments.platforms)?,
            are_targets_given: !(arguments.pythons.is_empty() && arguments.platforms.is_empty()),
            choice: LockChoice {
                extras: parts.extras,
                has_all_extras: parts.all_extras,
                groups: parts.groups,
                has_all_groups: parts.all_groups,
                is_without_dev: parts.no_dev,
            },
            is_full: arguments.full,
            confirms: arguments.confirm,
        },
    )?;
    if !is_document {
        show(context, &findings);
    }
    tell_ci(context, &findings, is_document)?;
    write(context, arguments, &findings)?;
    conclude(&findings, arguments.allow_undetermined)
}

/// Whether stdout is for a report instead of the table.
fn writes_to_stdout(context: &Context, arguments: &Check) -> Result<bool> {
    let files = [&arguments.sarif, &arguments.html, &arguments.constraints];
    let files = files.into_iter().flatten();
    let count = files.filter(|file| file.as_os_str() == STDOUT).count();
    if count + usize::from(context.reporter.is_json()) > 1 {
        let message = "only one report can be written to stdout";
        return Err(Failure::new(Kind::Usage, message)
            .hint("write the others to files: `ftpy check --json --sarif ftpy.sarif`"));
    }
    Ok(count > 0)
}

/// Prints the findings.
pub(super) fn show(context: &Context, findings: &Findings) {
    let reporter = &context.reporter;
    if reporter.is_json() {
        reporter.json(&json::findings(findings));
        return;
    }
    let rows = table::rows(findings, reporter.is_verbose());
    reporter.table(&table::HEADINGS, &rows);
    let details = table::details(findings);
    if !details.is_empty() {
        reporter.data("");
    }
    details.iter().for_each(|line| reporter.data(line));
    if findings.packages.is_empty() {
        reporter.warn("no packages were found to check");
    }
    reporter.say(table::summary(findings));
}

/// Writes the files that were asked for.
fn write(context: &Context, arguments: &Check, findings: &Findings) -> Result<()> {
    if let Some(file) = &arguments.sarif {
        let text = format!("{:#}\n", sarif::sarif(findings));
        write_file(context, file, &text)?;
    }
    if let Some(file) = &arguments.html {
        let title = match &arguments.subjects[..] {
            [] => context.env.current_dir.display().to_string(),
            subjects => subjects.join(" "),
        };
        write_file(context, file, &html::html(findings, &title))?;
    }
    // The last one: it may fail, and the reports are written all the same.
    if let Some(file) = &arguments.constraints {
        let text = constraints::constraints(findings).map_err(|missing| {
            let message =
                "no constraints written, as for these no version is known that keeps the GIL off";
            Failure::new(Kind::GilEnabled, message).details(missing)
        })?;
        write_file(context, file, &text)?;
    }
    Ok(())
}

fn write_file(context: &Context, file: &Path, text: &str) -> Result<()> {
    if file.as_os_str() == STDOUT {
        context.reporter.document(text.trim_end_matches('\n'));
        return Ok(());
    }
    save(context, file, text)
}

/// Writes the job summary and annotations of GitHub Actions.
///
/// If stdout is a document, the annotations are lines of stderr.
fn tell_ci(context: &Context, findings: &Findings, is_document: bool) -> Result<()> {
    let env = &context.env;
    let system = System::detect(&env.ci);
    if system == System::Shell {
        return Ok(());
    }
    for package in findings
        .packages
        .iter()
        .filter(|it| it.class == Class::TurnsOn)
    {
        let mut lines = vec![format!("{} turns the GIL on", table::title(package))];
        lines.extend(table::below(package));
        let place = package.location.as_ref();
        let command = ci::error(
            system,
            &Annotation {
                lines,
                file: place.map(|place| env.in_workspace(&place.file)),
                line: place.and_then(|place| usize::try_from(place.line).ok()),
            },
        );
        command.iter().for_each(|line| match is_document {
            true => context.reporter.mark(line),
            false => context.reporter.command(line),
        });
    }
    append_summary(context, || markdown::markdown(findings))
}

/// The end of another command that checked packages: prints the findings, unless they are part of
/// its JSON.
///
/// # Errors
/// As [`conclude`].
pub(super) fn end(context: &Context, findings: &Findings, asked: &GilCheck) -> Result<()> {
    if !context.reporter.is_json() {
        show(context, findings);
    }
    tell_ci(context, findings, true)?;
    conclude(findings, asked.allow_undetermined)
}
