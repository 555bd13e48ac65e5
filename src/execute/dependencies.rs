//! Libraries that a build requires and this machine lacks. They are reported, installed with
//! `--install-deps`, or the build is refused.

use crate::compile::{Machine, Preflight, PreflightInput, missing_failure, preflight};
use crate::error::Result;
use crate::execute::attempt::AttemptError;
use crate::execute::error::ExecuteError;
use crate::execute::session::Session;
use crate::manifest::preflight::needs;
use crate::report::{Question, Verb};
use crate::resolve::Attempt;
use crate::store::Compilation;
use std::path::Path;
use std::process::Stdio;

/// Checks the requirements of a build, and installs missing ones with `--install-deps`. Returns the
/// result, and notes about modules that will be missing.
pub(super) fn look(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    scratch: &Path,
) -> Result<(Preflight, Vec<String>), AttemptError> {
    let allowed = &session.options.allowed_missing;
    let known = |name: &String| needs().modules.iter().any(|module| module.name == *name);
    if let Some(unknown) = allowed.iter().find(|name| !known(name)) {
        let names = needs().modules.iter().map(|module| module.name.clone());
        return Err(ExecuteError::UnknownModule {
            name: unknown.clone(),
            known: names.collect(),
        }
        .into());
    }
    let path = &session.env.path;
    let ask = || preflight_of(session, attempt, how, scratch);
    let mut found = ask();
    let mut command = found.install_command(path);
    if let Some(install) = command
        .as_deref()
        .filter(|_| session.options.installs_dependencies)
    {
        install_dependencies(session, install)?;
        found = ask();
        command = found.install_command(path);
    }
    if !found.required().is_empty() {
        return Err(AttemptError::Unsuitable(missing_failure(
            &found,
            command.as_deref(),
        )));
    }
    let note = lacks(&found.recommended(), command.as_deref());
    if let Some(note) = &note {
        session.reporter.detail(note);
    }
    Ok((found, note.into_iter().collect()))
}

/// Checks the requirements of a build without installing or printing anything.
pub(super) fn preflight_of(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    scratch: &Path,
) -> Preflight {
    let machine = Machine {
        os: &session.host.os,
        path: &session.env.path,
        scratch,
    };
    let input = PreflightInput {
        build: &attempt.candidate.build,
        cc: how.wish.cc.as_deref().or(session.env.build.cc.as_deref()),
        allowed: &session.options.allowed_missing,
        is_patched: !how.wish.patches.is_empty(),
    };
    preflight(needs(), &input, &machine)
}

/// Returns `built without dbm and gdbm; `apt-get install ...` adds them`.
fn lacks(missing: &[&str], command: Option<&str>) -> Option<String> {
    let (last, first) = missing.split_last()?;
    let names = match first {
        [] => (*last).to_owned(),
        first => format!("{} and {last}", first.join(", ")),
    };
    let pronoun = if first.is_empty() { "it" } else { "them" };
    Some(match command {
        Some(command) => format!("built without {names}; `{command}` adds {pronoun}"),
        None => format!("built without {names}: not found on this machine"),
    })
}

/// Runs the package manager, after a prompt if on a terminal.
fn install_dependencies(session: &Session, install: &str) -> Result<()> {
    // Without a terminal, --install-deps is sufficient consent.
    let can_ask = session.env.stdin_is_terminal && session.env.stderr_is_terminal;
    if can_ask && !session.options.is_sure {
        session.confirm(&Question {
            why: "",
            commands: &[install.to_owned()],
            text: "install?",
            unchanged: "nothing was installed",
            hint: "`--yes` lets it run",
        })?;
    } else {
        session.reporter.status(Verb::Running, install);
    }
    let output = crate::env::command("sh")
        .args(["-c", install])
        .stdin(Stdio::inherit())
        .output();
    let failed = |reason: String, last: Vec<String>| ExecuteError::PackageManager {
        reason,
        command: install.to_owned(),
        last,
    };
    let output = output.map_err(|error| failed(error.to_string(), Vec::new()))?;
    session
        .reporter
        .relay_detail(String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut last: Vec<String> = stderr.lines().rev().take(5).map(str::to_owned).collect();
    last.reverse();
    Err(failed(output.status.to_string(), last).into())
}
