//! `ftpy run`: runs a command with one installation first on PATH.

use crate::cli::daily::Run;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::run::choice::chosen;
#[cfg(unix)]
use crate::ops::run::gil;
use crate::ops::run::no_command;
#[cfg(unix)]
use crate::ops::run::supervise;
use crate::sanitizer::{Prepared, RuntimeOptions, needs_sanitizer};
use crate::store::Installed;
use ftpy_core::name::Name;
use ftpy_core::paste;
use ftpy_core::path::find_program;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `ftpy run`. On Unix the command replaces this process, so that signals and the exit code are its
/// own. With `--require-nogil` it is a supervised child.
pub(super) fn run(context: &Context, arguments: Run) -> Result<()> {
    let installed = chosen(context, arguments.request(), arguments.install)?;
    let bin = installed.prefix.join("bin");
    #[cfg(unix)]
    if arguments.require_nogil {
        gil::refuse_gil_build(&installed)?;
    }
    let sanitized = sanitized(context, &arguments, &installed)?;
    if sanitized.is_none() && !arguments.require_nogil && arguments.report.is_some() {
        return Err(nothing_to_report());
    }
    let [program, rest @ ..] = arguments.command.as_slice() else {
        return Err(no_command());
    };
    let path = first_on_path(&bin, &context.env.path)?;
    // Another `python` on PATH must not run instead.
    let is_own = is_of_python(program);
    let found = if is_own {
        find(program, bin.as_os_str())
    } else {
        find(program, &path)
    };
    let found = found.ok_or_else(|| {
        let message = format!("command `{}` not found", program.to_string_lossy());
        let failure = Failure::new(Kind::NoCommand, message);
        let own = program.to_str().and_then(Name::parse);
        match own.and_then(|name| name.request()) {
            Some(request) if !request.matches(&installed.key.build) => {
                let run = paste!["ftpy", "run", request, "--", program.display()];
                let key = &installed.key;
                failure.hint(format!(
                    "it belongs to another build than {key}; run `{run}`"
                ))
            }
            _ => {
                let path = if is_own { "" } else { " and on PATH" };
                failure.hint(format!("searched in {}{path}", bin.display()))
            }
        }
    })?;
    if found.starts_with(&installed.prefix) && !installed.key.provider.is_external() {
        context.store.check_programs_start()?;
    }
    // argv[0] is the real path, too: an interpreter finds its library by it.
    let mut command = Command::new(&found);
    command.args(rest).env("PATH", path);
    #[cfg(unix)]
    if arguments.require_nogil || sanitized.is_some() {
        return supervise::run(context, command, &arguments, sanitized);
    }
    start(command, &found)
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

fn first_on_path(bin: &Path, path: &OsStr) -> Result<OsString> {
    // An empty PATH has one empty part, which shells take for the current directory. Other empty
    // parts are kept: they are the user's choice, and ftpy searches only absolute directories.
    let rest = std::env::split_paths(path).filter(|_| !path.is_empty());
    std::env::join_paths(std::iter::once(bin.to_owned()).chain(rest)).map_err(|_| {
        let message = format!("{} cannot be on PATH: it contains a colon", bin.display());
        Failure::new(Kind::System, message).hint("set FTPY_HOME to a directory without one")
    })
}

/// Returns whether every installation has this command: the interpreter, pip and the like.
fn is_of_python(program: &OsStr) -> bool {
    let Some(name) = program.to_str() else {
        return false;
    };
    ["python", "pip", "idle", "pydoc"].iter().any(|stem| {
        let rest = name
            .strip_prefix(stem)
            .map(|rest| rest.trim_end_matches("-config"));
        rest.is_some_and(|rest| {
            let rest = rest.trim_end_matches(['t', 'd']);
            rest.chars().all(|c| c.is_ascii_digit() || c == '.')
        })
    })
}

fn find(program: &OsStr, path: &OsStr) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program));
    }
    find_program(path, program.to_str()?)
}

#[cfg(unix)]
fn start(mut command: Command, found: &Path) -> Result<()> {
    let error = std::os::unix::process::CommandExt::exec(&mut command);
    let message = format!("{} cannot be started: {error}", found.display());
    Err(Failure::new(Kind::NoCommand, message))
}

#[cfg(not(unix))]
fn start(mut command: Command, found: &Path) -> Result<()> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Kind::NoCommand,
            format!("{} cannot be started: {error}", found.display()),
        )
    };
    let status = command.status().map_err(failed)?;
    std::process::exit(status.code().unwrap_or(1));
}
