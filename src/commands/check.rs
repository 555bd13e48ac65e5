//! `ftpy check`: prints which dependencies turn the GIL on.

use crate::check::render::{constraints, html, json, markdown, sarif, table};
use crate::check::{Class, Findings};
use crate::ci::{self, Annotation, System};
use crate::cli::check::Check;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::check;
use crate::ops::check::confirm::contradictions;
use crate::ops::check::request::CheckRequest;
use crate::ops::check::targets::targets;
use crate::ops::context::Context;
use std::io::Write;
use std::path::Path;

/// `ftpy check`
pub(super) fn check(context: &Context, arguments: &Check) -> Result<()> {
    let findings = check::check(
        context,
        &CheckRequest {
            subjects: &arguments.subjects,
            requirements: &arguments.requirements,
            targets: targets(context, &arguments.pythons, &arguments.platforms)?,
            is_full: arguments.full,
            confirms: arguments.confirm,
        },
    )?;
    show(context, &findings);
    tell_ci(context, &findings)?;
    write(context, arguments, &findings)?;
    conclude(&findings, arguments.allow_undetermined)
}

fn show(context: &Context, findings: &Findings) {
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
            let message = "no constraints written, as no version is known that keeps the GIL off";
            Failure::new(Kind::GilEnabled, message).details(missing)
        })?;
        write_file(context, file, &text)?;
    }
    Ok(())
}

fn write_file(context: &Context, file: &Path, text: &str) -> Result<()> {
    let path = context.env.current_dir.join(file);
    person_file::write(&path, text.as_bytes()).map_err(IoFailure::outside_store)
}

/// Writes the job summary and annotations of GitHub Actions.
fn tell_ci(context: &Context, findings: &Findings) -> Result<()> {
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
        command
            .iter()
            .for_each(|line| context.reporter.command(line));
    }
    if let Some(summary) = &env.ci.summary {
        let text = markdown::markdown(findings);
        let written = person_file::appended(summary).and_then(|mut file| {
            let written = file.write_all(text.as_bytes());
            written.map_err(IoFailure::at("write", summary))
        });
        written.map_err(IoFailure::outside_store)?;
    }
    Ok(())
}

fn conclude(findings: &Findings, allows_undetermined: bool) -> Result<()> {
    let wrong = contradictions(findings);
    if !wrong.is_empty() {
        let message = "the interpreter contradicts what was read from the modules";
        return Err(Failure::new(Kind::Internal, message)
            .details(wrong)
            .hint("this is a defect of ftpy; please report these lines"));
    }
    let Some(kind) = findings.failure(allows_undetermined) else {
        return Ok(());
    };
    let names_of = |is: fn(Class) -> bool| {
        let mut names: Vec<&str> = Vec::new();
        let found = findings.packages.iter().filter(|package| is(package.class));
        names.extend(found.map(|package| package.name.as_str()));
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    };
    let failure = match kind {
        Kind::GilEnabled => {
            let names = names_of(|class| class == Class::TurnsOn);
            Failure::new(kind, format!("the GIL is turned on by {names}"))
        }
        _ => {
            let names = names_of(|class| !class.is_judged());
            Failure::new(
                kind,
                format!("it is not known whether the GIL stays off: {names}"),
            )
            .hint("`--allow-undetermined` accepts these")
        }
    };
    Err(failure)
}
