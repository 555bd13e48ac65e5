//! `ftpy run` with a check while the command runs: of the GIL, or of a sanitizer's reports. The
//! command is then a child process, and its exit code becomes ftpy's unless there are findings.

use crate::cli::daily::Run;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::gil::Judgement;
use crate::host::foreground_child::{end_by_signal, run_to_end};
use crate::host::person_file;
use crate::ops::context::Context;
use crate::ops::run::advice::Advice;
use crate::ops::run::gil::{self, Seen};
use crate::sanitizer::{
    EXIT_CODE, Finding, Prepared, Run as Told, SanitizerFindings, not_seen, sarif, summary, text,
};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Runs the command, and ends as it did unless there are findings.
pub(crate) fn run(
    context: &Context,
    mut command: Command,
    asked: &Run,
    sanitized: Option<Prepared>,
) -> Result<()> {
    let mut file = Output::create(context, asked)?;
    if let Some(prepared) = &sanitized {
        for obstacle in &prepared.obstacles {
            context.reporter.warn(obstacle);
        }
        prepared.apply(&mut command);
    }
    let program = PathBuf::from(command.get_program());
    let (status, nogil) = if asked.require_nogil {
        let seen = gil::watch(context, command, asked)?;
        (seen.ended.status, Some(seen))
    } else {
        (run_to_end(command)?.1, None)
    };
    let found = sanitized.as_ref().map(Prepared::found).transpose()?;
    let found = sanitized.as_ref().zip(found.as_ref());
    let doubts = found.map_or_else(Vec::new, |(prepared, found)| {
        doubts(prepared, found, status, &program)
    });
    if let Some(file) = &mut file {
        file.write(status, nogil.as_ref(), found, &doubts)?;
    }
    if let Some((prepared, found)) = found {
        tell(context, prepared, found, status, &doubts);
    }
    let is_bad = found.is_some_and(|(_, found)| found.is_bad());
    // `exit` drops nothing.
    drop(sanitized);
    // Also with --json, because stdout belongs to the command.
    let failure = nogil.and_then(|seen| seen.failure);
    if let Some(failure) = &failure {
        context.reporter.say_failure(failure);
    }
    let mut said = context.env.sanitizers.iter();
    let has_own_code = said.any(|(_, value)| value.contains("exitcode="));
    // Findings take precedence over the command's own end, even if a signal ended it.
    if let Some(failure) = failure {
        std::process::exit(i32::from(failure.kind.exit_code()));
    }
    let own = end_by_signal(status).or(status.code()).unwrap_or(1);
    let own = match own {
        // A child process had findings, but its parent succeeded.
        0 if is_bad && !has_own_code => i32::from(EXIT_CODE),
        own => own,
    };
    std::process::exit(own);
}

/// Returns whether the sanitizer's runtime may have failed to start: it then ends like this, and
/// it writes its reason to stderr because there is no log yet.
fn has_died(status: ExitStatus) -> bool {
    status.signal().is_some() || status.code() == Some(i32::from(EXIT_CODE))
}

/// Returns whether a sanitizer ran in at least one process, as far as known.
fn has_worked(found: &SanitizerFindings, status: ExitStatus) -> bool {
    let is_there = |processes| processes > 0;
    found.alive.map_or(!has_died(status), is_there)
}

/// Returns why the findings may be incomplete.
fn doubts(
    prepared: &Prepared,
    found: &SanitizerFindings,
    status: ExitStatus,
    program: &Path,
) -> Vec<String> {
    let complaints = found.complaints.iter();
    let mut doubts: Vec<String> = complaints.map(|one| one.text.clone()).collect();
    let names = prepared.names();
    if !found.findings.is_empty() || prepared.log_elsewhere.is_some() {
        // It ran, or nothing is known, which was already reported.
    } else if !found.complaints.is_empty() {
        doubts.push(format!(
            "{names} did not work in every process: errors may have gone unreported"
        ));
    } else if !has_worked(found, status) {
        doubts.push(match found.alive {
            Some(0) if !has_died(status) => prepared.no_instrumented_process(program),
            _ => format!(
                "the command ended with {status}: {names} may not have started, so the run proves nothing"
            ),
        });
    } else if !status.success() {
        doubts.push(format!(
            "the command ended with {status}: it may have ended early"
        ));
    }
    if found.alive.is_none() && found.findings.is_empty() && prepared.log_elsewhere.is_none() {
        doubts.push(format!(
            "this build does not say whether {names} ran, nor what was loaded without it: one that \
             is +shared cannot, and one of an earlier ftpy has to be made again (`ftpy install \
             --reinstall`)"
        ));
    }
    doubts
}

/// Prints each distinct finding as it was written, the summary, and obstacles.
fn tell(
    context: &Context,
    prepared: &Prepared,
    found: &SanitizerFindings,
    status: ExitStatus,
    doubts: &[String],
) {
    let reporter = &context.reporter;
    for finding in &found.findings {
        reporter.relay(text(&finding.report));
        reporter.say("");
    }
    let names = prepared.names();
    let is_known = prepared.log_elsewhere.is_none()
        && found.complaints.is_empty()
        && has_worked(found, status);
    if !found.findings.is_empty() || is_known {
        for line in summary(&names, &found.findings, found.processes) {
            match found.findings.is_empty() {
                true => reporter.say(line),
                // Also with -q, because nothing else explains exit code 66.
                false => reporter.say_anyway(line),
            }
        }
    }
    for doubt in doubts {
        reporter.warn(doubt);
    }
    // Of all reasons for a process to end, the user can avoid only this one.
    let mut texts = found.complaints.iter().map(|one| &one.text);
    if texts.any(|text| text.contains("die_after_fork")) {
        reporter.say(
            "hint: a child process was ended by that; TSAN_OPTIONS=die_after_fork=0 lets it go on, \
             and a start method other than `fork` does not need it",
        );
    }
    for line in not_seen(&names, &found.not_instrumented) {
        reporter.say(line);
    }
}

/// The file of `--report`. It is created before the command runs, so that an unwritable path fails
/// early, and an earlier run's result cannot be mistaken for this one's.
struct Output {
    path: PathBuf,
    file: File,
}

impl Output {
    fn create(context: &Context, asked: &Run) -> Result<Option<Self>> {
        let Some(path) = &asked.report else {
            return Ok(None);
        };
        if path.as_os_str() == "-" {
            let message = "--report -: stdout belongs to the command";
            return Err(
                Failure::new(Kind::Usage, message).hint("write to a file: `--report r.json`")
            );
        }
        let path = context.env.current_dir.join(path);
        let file = person_file::emptied(&path).map_err(IoFailure::outside_store)?;
        Ok(Some(Self { path, file }))
    }

    fn write(
        &mut self,
        status: ExitStatus,
        nogil: Option<&Seen>,
        found: Option<(&Prepared, &SanitizerFindings)>,
        doubts: &[String],
    ) -> Result<()> {
        let judged = nogil.map(|seen| &seen.judged);
        let is_sarif = self
            .path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("sarif"));
        let names = found.map(|(prepared, _)| prepared.names());
        let obstacles = found.map_or(&[][..], |(prepared, _)| &prepared.obstacles);
        let doubts = [obstacles, doubts].concat();
        let found = found.map(|(_, found)| found);
        let findings = found.map(|found| found.findings.as_slice());
        let document = match is_sarif {
            true => Ok(sarif(&Told {
                names: names.as_deref(),
                findings: findings.unwrap_or_default(),
                doubts: &doubts,
                judged,
                exit_code: status.code(),
            })),
            false => serde_json::to_value(Document {
                judged,
                remedies: nogil.map(|seen| seen.advice.as_slice()),
                sanitizers: names.as_deref(),
                findings,
                sanitized_processes: found.and_then(|found| found.alive),
                not_instrumented: found.map(|found| found.not_instrumented.as_slice()),
                doubts: found.is_some().then_some(&doubts),
                exit_code: status.code(),
                signal: status.signal(),
            }),
        };
        document
            .and_then(|document| serde_json::to_writer_pretty(&self.file, &document))
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(IoFailure::at("write", &self.path))?;
        Ok(())
    }
}

/// The content of `--report`.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    judged: Option<&'a Judgement>,
    /// Versions of the packages that keep the GIL off.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedies: Option<&'a [Advice]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sanitizers: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a [Finding]>,
    /// The number of processes with the sanitizer, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    sanitized_processes: Option<usize>,
    /// Modules that they loaded and that were compiled without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_instrumented: Option<&'a [PathBuf]>,
    /// Why the findings may be incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubts: Option<&'a Vec<String>>,
    /// The command's own.
    exit_code: Option<i32>,
    /// The signal that ended it, if any.
    signal: Option<i32>,
}
