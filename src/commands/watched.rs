//! `ftpy run` where something is looked at while the command runs: the GIL, or what a sanitizer
//! reports. The command is a child then; its exit code becomes ftpy's unless something was found.

use crate::cli::daily::Run;
use crate::commands::nogil;
use crate::commands::start::Context;
use crate::error::{IoFailure, Result};
use crate::gil::Judgement;
use crate::host::child::{end_by_signal, run_to_end};
use crate::sanitizer::{EXIT_CODE, Finding, Found, Prepared, sarif, summary, text};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

/// Runs the command and ends as it did, unless something was found.
pub(super) fn run(
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
    let (status, nogil) = if asked.require_nogil {
        let seen = nogil::watch(context, command, asked)?;
        (seen.ended.status, Some((seen.judged, seen.failure)))
    } else {
        (run_to_end(command)?.1, None)
    };
    let found = sanitized.as_ref().map(Prepared::found).transpose()?;
    let (judged, failure) = nogil.map_or((None, None), |(judged, failure)| (Some(judged), failure));
    if let Some(file) = &mut file {
        let names = sanitized.as_ref().map_or_else(String::new, Prepared::names);
        let findings = found.as_ref().map(|found| found.findings.as_slice());
        file.write(status, judged.as_ref(), &names, findings)?;
    }
    if let (Some(prepared), Some(found)) = (&sanitized, &found) {
        tell(context, prepared, found, status);
    }
    // Nothing is dropped at an exit.
    drop(sanitized);
    // Even under --json: stdout is the command's.
    if let Some(failure) = &failure {
        context.reporter.say_failure(failure);
    }
    let has_findings = found.is_some_and(|found| !found.findings.is_empty());
    let mut said = context.env.sanitizers.iter();
    let has_own_code = said.any(|(_, value)| value.contains("exitcode="));
    let own = end_by_signal(status).or(status.code()).unwrap_or(1);
    let own = match own {
        // A child process reported something, and its parent did not care.
        0 if has_findings && !has_own_code => i32::from(EXIT_CODE),
        own => own,
    };
    std::process::exit(failure.map_or(own, |failure| i32::from(failure.kind.exit_code())));
}

/// Each finding as it was written, once, and the summary; and what stood in the way.
fn tell(context: &Context, prepared: &Prepared, found: &Found, status: ExitStatus) {
    let reporter = &context.reporter;
    for finding in &found.findings {
        reporter.say(text(&finding.report));
        reporter.say("");
    }
    for line in &found.complaints {
        reporter.warn(line);
    }
    let names = prepared.names();
    if !found.findings.is_empty() {
        for line in summary(&names, &found.findings, found.processes) {
            reporter.say(line);
        }
        return;
    }
    // A runtime that cannot begin ends so, and says why where no log is yet.
    let has_died = status.signal().is_some() || status.code() == Some(i32::from(EXIT_CODE));
    if prepared.is_blind {
        // That was said before.
    } else if !found.complaints.is_empty() {
        reporter.warn(format!(
            "{names} could not work, or not everywhere: nothing is known of this run"
        ));
    } else if has_died {
        reporter.warn(format!(
            "the command ended with {status}: {names} may never have worked, nothing is known of this run"
        ));
    } else {
        for line in summary(&names, &[], 0) {
            reporter.say(line);
        }
        if !status.success() {
            reporter.warn(format!(
                "the command ended with {status}: it may have ended early"
            ));
        }
    }
}

/// The file of `--report`. Made before the command runs: a place that cannot be written is
/// known at once, and what an earlier run left is not mistaken for the result.
struct Output {
    path: PathBuf,
    file: File,
}

impl Output {
    fn create(context: &Context, asked: &Run) -> Result<Option<Self>> {
        let Some(path) = &asked.report else {
            return Ok(None);
        };
        let path = context.env.current_dir.join(path);
        let file = File::create(&path).map_err(IoFailure::at("write", &path))?;
        Ok(Some(Self { path, file }))
    }

    fn write(
        &mut self,
        status: ExitStatus,
        judged: Option<&Judgement>,
        names: &str,
        findings: Option<&[Finding]>,
    ) -> Result<()> {
        let is_sarif = self
            .path
            .extension()
            .is_some_and(|ending| ending == "sarif");
        let document = match is_sarif {
            true => Ok(sarif(names, findings.unwrap_or_default())),
            false => serde_json::to_value(Document {
                judged,
                sanitizers: findings.is_some().then_some(names),
                findings,
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

/// What `--report` writes.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    judged: Option<&'a Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sanitizers: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a [Finding]>,
    /// The command's own.
    exit_code: Option<i32>,
    /// What ended it, if it did not end itself.
    signal: Option<i32>,
}
