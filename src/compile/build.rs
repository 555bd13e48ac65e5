//! configure, make, make install: each a process group with its output in a log.

use crate::cancel::Cancel;
use crate::compile::failure::diagnose;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::report::{Phase, Task};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// A build.
#[derive(Debug)]
pub struct Job<'a> {
    /// The unpacked source.
    pub source: &'a Path,
    /// DESTDIR: the prefix is made below it.
    pub destination: &'a Path,
    /// What configure is given.
    pub configure: &'a [String],
    /// `make`
    pub make: &'a Path,
    /// How many compilers at once.
    pub jobs: usize,
    /// Whether it is configured `--with-pydebug`.
    pub is_debug: bool,
    /// Where all output goes.
    pub log: &'a Path,
}

/// About how many lines the phases of 3.9 to 3.15 print, for the share that is done.
const CONFIGURE_LINES: u64 = 790;
const MAKE_LINES: u64 = 430;
const INSTALL_LINES: u64 = 1300;

/// What an outer make or a Python in the environment would change in the build.
const REMOVED: [&str; 9] = [
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "DESTDIR",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHON_GIL",
    "PYTHONSTARTUP",
    "CDPATH",
];

/// Builds and installs below `job.destination`.
///
/// # Errors
/// With the first real error of the log, where a phase fails.
pub fn compile(job: &Job<'_>, cancel: &Cancel, task: &Task) -> Result<()> {
    let directory = job.log.parent().unwrap_or(job.log);
    std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
    let mut log = File::create(job.log).map_err(IoFailure::at("write", job.log))?;
    let jobs = format!("-j{}", job.jobs);

    let mut configure = Command::new("./configure");
    configure.args(job.configure);
    let phase = Phase::Steps("configuring".to_owned(), CONFIGURE_LINES);
    run(job, &mut configure, phase, &mut log, cancel, task)?;

    let mut make = Command::new(job.make);
    make.arg(&jobs);
    if !job.is_debug {
        // Upstream's own, without -g: debug information takes a third of the time to make,
        // and is stripped from every archive that others publish.
        make.arg("OPT=-DNDEBUG -O3 -Wall");
    }
    let phase = Phase::Steps("compiling".to_owned(), MAKE_LINES);
    run(job, &mut make, phase, &mut log, cancel, task)?;

    let mut install = Command::new(job.make);
    install.arg("install");
    install.arg(format!("DESTDIR={}", job.destination.display()));
    // The Makefile compiles the whole library three times over. `--help` makes that step say
    // its usage instead; `--compile-bytecode` does it once, when it is asked for.
    install.arg("COMPILEALL_OPTS=--help");
    let phase = Phase::Steps("installing".to_owned(), INSTALL_LINES);
    run(job, &mut install, phase, &mut log, cancel, task)
}

fn run(
    job: &Job<'_>,
    command: &mut Command,
    phase: Phase,
    log: &mut File,
    cancel: &Cancel,
    task: &Task,
) -> Result<()> {
    cancel.check()?;
    let (Phase::Steps(name, _) | Phase::Bytes(name, _) | Phase::Open(name)) = &phase;
    let name = name.clone();
    task.phase(phase);
    writeln!(log, "+ {command:?}").map_err(IoFailure::at("write", job.log))?;
    // One stream for both, in the order in which they were written.
    let (reader, writer) = std::io::pipe().map_err(IoFailure::at("read", job.log))?;
    let errors = writer.try_clone().map_err(IoFailure::at("read", job.log))?;
    for name in REMOVED {
        command.env_remove(name);
    }
    command
        .current_dir(job.source)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(errors);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let program = command.get_program().to_string_lossy().into_owned();
    let spawned = command.spawn();
    // The command holds the pipe's writing end, which must be closed for the end to be seen.
    *command = Command::new(&program);
    let mut child = spawned.map_err(|error| {
        Failure::new(Kind::Build, format!("{program} cannot be started: {error}"))
    })?;
    let group = cancel.group(child.id());
    let copied = copy(reader, log, task);
    let status = child.wait();
    drop(group);
    cancel.check()?;
    copied.map_err(IoFailure::at("write", job.log))?;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(failed(&name, job.log)),
        Err(error) => Err(Failure::new(
            Kind::Build,
            format!("{program} was lost: {error}"),
        )),
    }
}

/// Copies lines to the log and counts them. Goes on reading when the log cannot be written:
/// a process that blocks on its output would never end.
fn copy(output: impl std::io::Read, log: &mut File, task: &Task) -> std::io::Result<()> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    let mut written = Ok(());
    while output.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
        if written.is_ok() {
            written = log.write_all(&line);
        }
        task.advance(1);
        line.clear();
    }
    written
}

fn failed(phase: &str, path: &Path) -> Failure {
    let bytes = std::fs::read(path).unwrap_or_default();
    let found = diagnose(&String::from_utf8_lossy(&bytes));
    let failure = Failure::new(Kind::Build, format!("{phase} failed"))
        .details(found.lines)
        .details([format!("the whole log is {}", path.display())]);
    match found.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
