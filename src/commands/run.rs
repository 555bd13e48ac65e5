//! `ftpy run`: runs a command with one installation first on PATH.

use crate::cli::daily::Run;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::run::place::RunPlace;
#[cfg(unix)]
use crate::ops::run::supervise;
use crate::sanitizer::{Prepared, RuntimeOptions, needs_sanitizer};
use crate::store::Installed;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `ftpy run`. On Unix the command replaces this process, so that signals and the exit code are its
/// own. With `--require-nogil` it is a supervised child.
pub(super) fn run(context: &Context, mut arguments: Run) -> Result<()> {
    let place = RunPlace::of(context, &mut arguments)?;
    let sanitized = sanitized(context, &arguments, &place.installed)?;
    if sanitized.is_none() && !arguments.require_nogil && arguments.report.is_some() {
        return Err(nothing_to_report());
    }
    let command = place.command(context, &arguments.command)?;
    #[cfg(unix)]
    if arguments.require_nogil || sanitized.is_some() {
        return supervise::run(context, command, &arguments, sanitized);
    }
    start(command)
}

/// Returns what a build with a sanitizer needs to run, or `None` for other builds.
fn sanitized(
    context: &Context,
    arguments: &Run,
    installed: &Installed,
) -> Result<Option<Prepared>> {
    let directory = &context.env.current_dir;
    let suppressions = arguments.suppressions.iter();
    let suppressions: Vec<PathBuf> = suppressions.map(|path| directory.join(path)).collect();
    let wish = RuntimeOptions {
        suppressions: &suppressions,
        halts: arguments.halt_on_error,
        is_free_threaded: installed.key.build.abi.is_free_threaded(),
        options: &context.env.sanitizers,
        path: &context.env.path,
        directory,
    };
    let (flavours, temporary) = (&installed.key.build.flavours, &context.env.temporary);
    let prepared = Prepared::new(flavours, &installed.prefix, temporary, &wish)?;
    let elsewhere = prepared
        .as_ref()
        .and_then(|prepared| prepared.log_elsewhere);
    if let (Some(variable), true) = (elsewhere, arguments.report.is_some()) {
        let message = format!(
            "--report: {variable} sets log_path, and ftpy does not read reports from there"
        );
        let hint = format!("remove log_path from {variable}, or leave out --report");
        return Err(Failure::new(Kind::Usage, message).hint(hint));
    }
    if prepared.is_none() {
        let switches = [
            ("--suppressions", !suppressions.is_empty()),
            ("--halt-on-error", arguments.halt_on_error),
        ];
        if let Some((switch, _)) = switches.iter().find(|(_, is_given)| *is_given) {
            return Err(needs_sanitizer(switch, &installed.key.to_string()));
        }
    }
    Ok(prepared)
}

/// The failure of `--report` in a run without a check.
fn nothing_to_report() -> Failure {
    let message = "--report: this run checks nothing";
    Failure::new(Kind::Usage, message)
        .hint("use --report with --require-nogil, or with a sanitizer build such as `3.14t+tsan`")
}

#[cfg(unix)]
fn start(mut command: Command) -> Result<()> {
    crate::host::umask::restore();
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    let program = Path::new(command.get_program()).display();
    let message = format!("{program} cannot be started: {error}");
    Err(Failure::new(Kind::NoCommand, message))
}

#[cfg(not(unix))]
fn start(mut command: Command) -> Result<()> {
    let status = command.status().map_err(|error| {
        let program = Path::new(command.get_program()).display();
        let message = format!("{program} cannot be started: {error}");
        Failure::new(Kind::NoCommand, message)
    })?;
    std::process::exit(status.code().unwrap_or(1));
}
