//! What this machine lacks for a build: named, installed where that was asked for, or refused.

use crate::compile::{Machine, Preflight, PreflightInput, missing_failure, preflight};
use crate::error::{Failure, Kind, Result};
use crate::execute::attempt::AttemptError;
use crate::execute::session::Session;
use crate::manifest::preflight::needs;
use crate::resolve::Attempt;
use crate::store::Compilation;
use std::io::BufRead;
use std::path::Path;
use std::process::Stdio;

/// Looks for what the build needs, installs it if that was asked for, and says what is missing.
pub(super) fn look(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
    scratch: &Path,
) -> Result<Preflight, AttemptError> {
    let allowed = &session.options.allowed_missing;
    let known = |name: &String| needs().modules.iter().any(|module| module.name == *name);
    if let Some(unknown) = allowed.iter().find(|name| !known(name)) {
        let names: Vec<&str> = needs()
            .modules
            .iter()
            .map(|module| module.name.as_str())
            .collect();
        let failure = Failure::new(
            Kind::Usage,
            format!("--allow-missing {unknown}: no such module"),
        )
        .hint(format!("the modules are {}", names.join(", ")));
        return Err(failure.into());
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
    if !found.recommended().is_empty() {
        let missing = found.recommended().join(", ");
        let mut line = format!("building without {missing}: not found on this machine");
        if let Some(command) = command {
            line += &format!("; to have them: {command}");
        }
        session.say_once(&line);
    }
    Ok(found)
}

/// What this machine has for a build. Nothing is installed, and nothing is said.
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

/// Runs the package manager, after a question where somebody can answer it.
fn install_dependencies(session: &Session, install: &str) -> Result<()> {
    if session.env.stdin_is_terminal && session.env.stderr_is_terminal && !session.options.is_sure {
        session.reporter.say(format!("this will run: {install}"));
        session.reporter.ask("go on? [y/N] ");
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        if !answer.trim().eq_ignore_ascii_case("y") && !answer.trim().eq_ignore_ascii_case("yes") {
            return Err(Failure::new(
                Kind::Usage,
                "nothing was installed, as you said",
            ));
        }
    } else {
        session.reporter.say(format!("running: {install}"));
    }
    let output = crate::env::command("sh")
        .args(["-c", install])
        .stdin(Stdio::inherit())
        .output();
    let failed = |reason: String| {
        Failure::new(Kind::Build, format!("the package manager failed: {reason}"))
            .hint(format!("run it yourself: {install}"))
    };
    let output = output.map_err(|error| failed(error.to_string()))?;
    session
        .reporter
        .relay_detail(String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last: Vec<String> = stderr.lines().rev().take(5).map(str::to_owned).collect();
    Err(failed(output.status.to_string()).details(last.into_iter().rev()))
}
