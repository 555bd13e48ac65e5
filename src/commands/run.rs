//! `ftpy run`: a command with one installation first on PATH.

use crate::cli::Run;
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};
use crate::host::program::find_program;
use crate::host::target;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `ftpy run`. On Unix it does not return: the command takes this process's place, so that
/// signals and the exit code are its own.
pub(super) fn run(context: &Context, arguments: Run) -> Result<()> {
    let installed = request::best(context, &arguments.request, &target::detect())?;
    let bin = installed.prefix.join("bin");
    let [program, rest @ ..] = arguments.command.as_slice() else {
        return Err(Failure::new(Kind::Usage, "no command is given"));
    };
    let path = first_on_path(&bin, &context.env.path)?;
    let found = find(program, &path).ok_or_else(|| {
        let message = format!("there is no command `{}`", program.to_string_lossy());
        Failure::new(Kind::NotFound, message)
            .hint(format!("{} and PATH were looked through", bin.display()))
    })?;
    // The real path, as argv[0] too: an interpreter finds its library by it.
    let mut command = Command::new(&found);
    command.args(rest).env("PATH", path);
    start(command, &found)
}

fn first_on_path(bin: &Path, path: &OsStr) -> Result<OsString> {
    let rest = std::env::split_paths(path);
    std::env::join_paths(std::iter::once(bin.to_owned()).chain(rest)).map_err(|_| {
        let message = format!("{} cannot stand in PATH: it has a colon", bin.display());
        Failure::new(Kind::System, message).hint("set FTPY_HOME to a directory without one")
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
    Err(Failure::new(Kind::NotFound, message))
}

#[cfg(not(unix))]
fn start(mut command: Command, found: &Path) -> Result<()> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Kind::NotFound,
            format!("{} cannot be started: {error}", found.display()),
        )
    };
    let status = command.status().map_err(failed)?;
    std::process::exit(status.code().unwrap_or(1));
}
