//! Creates a virtual environment: first with `venv` without pip, then with `ensurepip` in the new
//! environment. If venv ran ensurepip itself, its errors would be hidden behind "exit status 1".

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::venv_base::VenvBase;
use crate::report::Verb;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What to create.
pub(crate) struct VenvOptions<'a> {
    /// What it is based on.
    pub(crate) base: &'a VenvBase,
    /// The path of the environment.
    pub(crate) path: &'a Path,
    /// Options of venv.
    pub(crate) switches: Vec<String>,
    /// Whether to install pip.
    pub(crate) has_pip: bool,
}

/// How many lines of a program's output to show.
const SHOWN: usize = 5;

/// A disk with less free space counts as full.
#[cfg(unix)]
const FULL: u64 = 4 << 20;

/// Creates the environment.
///
/// # Errors
/// Returns an error if Python fails. It names a full disk.
pub(crate) fn make(context: &Context, wanted: &VenvOptions<'_>) -> Result<()> {
    let installed = wanted.base.installed.as_ref();
    if installed.is_some_and(|installed| !installed.key.provider.is_external()) {
        context.store.check_programs_start()?;
    }
    let task = context.reporter.task("venv");
    task.step_on(Verb::Creating, wanted.path.display().to_string());
    // The environment gets a link of the name by which venv is started.
    let name = wanted.base.name();
    let mut command = isolated(context, &wanted.base.python, "venv");
    command.arg("--without-pip").args(&wanted.switches);
    command.arg("--").arg(wanted.path);
    let (python, path) = (name.display(), wanted.path.display());
    let what = format!("{python} could not create {path}");
    run(context, command, wanted.path, what)?;
    ensure_own_name(wanted)?;
    if !wanted.has_pip {
        return Ok(());
    }
    task.step_on(Verb::Installing, "pip");
    let own = wanted.path.join("bin").join(name);
    let mut command = isolated(context, &own, "ensurepip");
    command.args(["--upgrade", "--default-pip"]);
    let what = format!(
        "ensurepip could not install pip into {}",
        wanted.path.display()
    );
    run(context, command, wanted.path, what)?;
    task.done();
    ensure_pip_name(wanted)
}

/// Returns the command for an interpreter's module, without variables that affect Python's start.
pub(crate) fn isolated(context: &Context, python: &Path, module: &str) -> Command {
    let mut command = Command::new(python);
    command.args(["-I", "-m", module]).stdin(Stdio::null());
    for variable in &context.env.variables.all {
        command.env_remove(variable);
    }
    command
}

/// Runs a program that writes to `path`. `what` says what failed.
///
/// # Errors
/// Returns its last lines if it fails, and names a full disk.
pub(crate) fn run(
    context: &Context,
    mut command: Command,
    path: &Path,
    what: String,
) -> Result<()> {
    let program = PathBuf::from(command.get_program());
    let output = command.output();
    let output = output.map_err(IoFailure::at("start", program))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failed(&output, &[path, &context.env.temporary], what)),
    }
}

/// Returns the failure. `places` are the written directories, the environment first.
fn failed(output: &Output, places: &[&Path], what: String) -> Failure {
    let said = [&*output.stderr, &output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let is_of_disk = |line: &&str| {
        [
            "[Errno 28]",
            "[Errno 122]",
            "No space left on device",
            "Disk quota exceeded",
        ]
        .iter()
        .any(|words| line.contains(words))
    };
    if let Some(line) = said.lines().find(is_of_disk) {
        let full = places.iter().find(|place| is_full(place));
        let place = full
            .or(places.first())
            .map_or(Path::new("/"), |place| place);
        let message = format!("{what}: the disk of {} is full", place.display());
        return Failure::new(Kind::System, message)
            .details([line.trim().to_owned()])
            .hint("free some space, or choose another directory");
    }
    let failure = Failure::new(Kind::Build, what).details(last(&said, output));
    if said.contains("No module named ensurepip") || said.contains("No module named 'ensurepip'") {
        let hint = "this Python has no ensurepip: `ftpy venv --without-pip` makes an environment \
                    without pip; Debian and Ubuntu have it in the package python3-venv";
        return failure.hint(hint);
    }
    failure
}

/// Returns pip's error, or else the last lines, without the traceback of a program that only passes
/// the error on.
pub(crate) fn last(said: &str, output: &Output) -> Vec<String> {
    let is_error = |line: &&str| {
        let line = line.trim_start().to_lowercase();
        line.starts_with("error:") || line.starts_with("caused by:")
    };
    let errors: Vec<&str> = said.lines().filter(is_error).collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = match errors.is_empty() {
        true => stderr
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect(),
        false => errors,
    };
    let start = lines.len().saturating_sub(SHOWN);
    let shown = lines[start..].iter().map(|line| (*line).to_owned());
    shown
        .chain(lines.is_empty().then(|| output.status.to_string()))
        .collect()
}

/// Returns whether the disk of a path is full.
fn is_full(path: &Path) -> bool {
    #[cfg(unix)]
    {
        let there = path.ancestors().find(|above| above.exists());
        let about = there.and_then(|place| rustix::fs::statvfs(place).ok());
        about.is_some_and(|about| about.f_bavail.saturating_mul(about.f_frsize) < FULL)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Creates `python3.14t`, which venv does not where a linked interpreter was named `python3`: venv
/// goes by the name of the program that runs, and not of ftpy's script that starts it.
fn ensure_own_name(wanted: &VenvOptions<'_>) -> Result<()> {
    let bin = wanted.path.join("bin");
    let link = bin.join(wanted.base.name());
    if link.symlink_metadata().is_ok() || !bin.join("python").exists() {
        return Ok(());
    }
    let made = crate::host::fs::symlink("python", &link);
    made.map_err(|error| IoFailure::at("create", &link)(error).outside_store())
}

/// Creates `pip3.14t`, which CPython does not: without it, people install into the wrong build.
fn ensure_pip_name(wanted: &VenvOptions<'_>) -> Result<()> {
    let build = &wanted.base.build;
    let (major, minor) = build.version.series();
    let plain = format!("pip{major}.{minor}");
    let bin = wanted.path.join("bin");
    let link = bin.join(format!("{plain}{}", build.abi));
    if !bin.join(&plain).exists() || link.symlink_metadata().is_ok() {
        return Ok(());
    }
    let made = crate::host::fs::symlink(&plain, &link);
    made.map_err(|error| IoFailure::at("create", &link)(error).outside_store())
}
