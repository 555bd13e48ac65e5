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
    /// The name of a directory beside the source, below which the prefix is made. Make is
    /// given it as DESTDIR relative to the source, because the Makefile's install rules do
    /// not bear a blank in it, which the store's own path may have.
    pub destination: &'a str,
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

/// About how many steps the phases of 3.13 to 3.15 print, for the share that is done.
const CONFIGURE_STEPS: u64 = 790;
const MAKE_STEPS: u64 = 350;
const INSTALL_STEPS: u64 = 1300;

/// Whether a line of make's output is a compiler or linker at work: warnings are not progress.
fn is_compile_step(line: &[u8]) -> bool {
    !line.starts_with(b" ") && line.windows(4).any(|word| word == b" -o ")
}

/// Whether a line of configure's or install's output is a step: each of them is.
fn is_any_step(_line: &[u8]) -> bool {
    true
}

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
    let log = File::create(job.log).map_err(IoFailure::at("write", job.log))?;
    let mut phases = Phases {
        job,
        cancel,
        task,
        log,
    };
    let jobs = format!("-j{}", job.jobs);

    let mut configure = Command::new("./configure");
    configure.args(job.configure);
    phases.run(configure, "configuring", CONFIGURE_STEPS, is_any_step)?;

    let mut make = Command::new(job.make);
    make.arg(&jobs);
    if !job.is_debug {
        // Upstream's own, without -g and -Wall: debug information is stripped from every
        // archive that others publish, and warnings are for those who change the code.
        // Given to make and not to configure, so that sysconfig says what upstream's does.
        make.arg("OPT=-DNDEBUG -O3");
    }
    phases.run(make, "compiling", MAKE_STEPS, is_compile_step)?;

    let mut install = Command::new(job.make);
    install.arg("install");
    install.arg(format!("DESTDIR=../{}", job.destination));
    // The Makefile compiles the whole library three times over. `--help` makes that step say
    // its usage instead; `--compile-bytecode` does it once, when it is asked for.
    install.arg("COMPILEALL_OPTS=--help");
    phases.run(install, "installing", INSTALL_STEPS, is_any_step)
}

struct Phases<'a> {
    job: &'a Job<'a>,
    cancel: &'a Cancel,
    task: &'a Task,
    log: File,
}

impl Phases<'_> {
    /// Runs one command to its end, its output going to the log. `steps` is about how many
    /// lines there will be for which `is_step` holds.
    fn run(
        &mut self,
        mut command: Command,
        name: &str,
        steps: u64,
        is_step: fn(&[u8]) -> bool,
    ) -> Result<()> {
        self.cancel.check()?;
        self.task.phase(Phase::Steps(name.to_owned(), steps));
        let path = self.job.log;
        writeln!(self.log, "+ {command:?}").map_err(IoFailure::at("write", path))?;
        // One stream for both, in the order in which they were written.
        let (reader, writer) = std::io::pipe().map_err(IoFailure::at("read", path))?;
        let errors = writer.try_clone().map_err(IoFailure::at("read", path))?;
        for variable in REMOVED {
            command.env_remove(variable);
        }
        command
            .current_dir(self.job.source)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(errors);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.spawn();
        // It holds the pipe's writing end, which must be closed for the end to be seen.
        drop(command);
        let lost = |error: std::io::Error| {
            Failure::new(Kind::Build, format!("{program} cannot be started: {error}"))
        };
        let mut child = spawned.map_err(lost)?;
        let group = self.cancel.group(child.id());
        let step = |line: &[u8]| {
            if is_step(line) {
                self.task.advance(1);
            }
        };
        let copied = copy(reader, &mut self.log, step);
        let status = child.wait();
        drop(group);
        self.cancel.check()?;
        copied.map_err(IoFailure::at("write", path))?;
        if status.map_err(lost)?.success() {
            return Ok(());
        }
        Err(failed(name, path))
    }
}

/// Copies lines to the log and shows each to `step`. Goes on reading when the log cannot be written:
/// a process that blocks on its output would never end.
fn copy(output: impl std::io::Read, log: &mut File, step: impl Fn(&[u8])) -> std::io::Result<()> {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    let mut written = Ok(());
    while output.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
        if written.is_ok() {
            written = log.write_all(&line);
        }
        step(&line);
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
