//! Runs configure, make and make install, each in a process group with its output in a log.

use crate::cancel::Cancel;
use crate::compile::error::CompileError;
use crate::compile::failure::diagnose;
use crate::compile::timings::{BuildTimings, Past};
use crate::error::{IoFailure, Result};
use crate::report::{Expected, Task, Verb};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A build.
#[derive(Debug)]
pub struct Job<'a> {
    /// The unpacked source.
    pub source: &'a Path,
    /// A directory for the prefix, relative to the source. The Makefile's install rules do not
    /// support a blank in DESTDIR, which the store's path may contain.
    pub destination: &'a str,
    /// The arguments of configure, with the compiler and its flags.
    pub configure: &'a [String],
    /// `make`
    pub make: &'a Path,
    /// The number of parallel compilers.
    pub jobs: usize,
    /// OPT for make; `None` for the default of configure.
    ///
    /// It is passed to make and not to configure, so that sysconfig matches upstream's.
    pub opt: Option<&'a str>,
    /// The compiler cache: `ccache`. It is not in sysconfig either.
    pub launcher: Option<&'a str>,
    /// Whether the interpreter gets a hook that adds Python's stack to a sanitizer's report.
    pub has_report_hook: bool,
    /// Additional environment variables.
    pub environment: &'a [(String, OsString)],
    /// The log of all output.
    pub log: &'a Path,
    /// Whether the log is continued because the build is resumed.
    pub is_resumed: bool,
}

/// The approximate number of steps in the phases of 3.13 to 3.15, for the progress display.
const CONFIGURE_STEPS: u64 = 790;
const MAKE_STEPS: u64 = 350;
const INSTALL_STEPS: u64 = 1300;

/// Returns whether a line of make's output is a compiler or linker command. Warnings are not
/// progress.
fn is_compile_step(line: &[u8]) -> bool {
    !line.starts_with(b" ") && line.windows(4).any(|word| word == b" -o ")
}

/// Returns true: every line of configure or install is a step.
fn is_any_step(_line: &[u8]) -> bool {
    true
}

/// The path of the hook, without its extension.
const HOOK: &str = "Programs/ftpy_report_hook";
const HOOK_SOURCE: &str = include_str!("report_hook.c");

/// Variables of an outer make or a Python that would change the build.
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

/// A running build with its log and its progress.
pub struct Build<'a> {
    job: &'a Job<'a>,
    cancel: &'a Cancel,
    task: &'a Task,
    history: &'a mut BuildTimings,
    follow: Option<&'a (dyn Fn(&str) + Sync + Send)>,
    log: File,
}

impl<'a> Build<'a> {
    /// Opens the log. Each of its lines is also passed to `follow`.
    ///
    /// # Errors
    /// Returns an error if the log cannot be written.
    pub fn new(
        job: &'a Job<'a>,
        cancel: &'a Cancel,
        task: &'a Task,
        history: &'a mut BuildTimings,
        follow: Option<&'a (dyn Fn(&str) + Sync + Send)>,
    ) -> Result<Self> {
        let directory = job.log.parent().unwrap_or(job.log);
        std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
        let mut options = File::options();
        options.create(true).write(true);
        let options = match job.is_resumed {
            true => options.append(true),
            false => options.truncate(true),
        };
        let log = options
            .open(job.log)
            .map_err(IoFailure::at("write", job.log))?;
        Ok(Self {
            job,
            cancel,
            task,
            history,
            follow,
            log,
        })
    }

    /// Runs configure.
    ///
    /// # Errors
    /// Returns the first real error of the log if it fails.
    pub fn configure(&mut self) -> Result<()> {
        let mut configure = Command::new("./configure");
        configure.args(self.job.configure);
        self.run(configure, Verb::Configuring, CONFIGURE_STEPS, is_any_step)
    }

    /// Runs make.
    ///
    /// # Errors
    /// Like [`configure`](Self::configure).
    pub fn compile(&mut self) -> Result<()> {
        let hook = match self.job.has_report_hook {
            true => self.report_hook()?,
            false => None,
        };
        let mut make = crate::env::command(self.job.make);
        make.arg(format!("-j{}", self.job.jobs));
        make.args(self.job.opt.map(|opt| format!("OPT={opt}")));
        make.args(self.launched());
        make.args(hook);
        self.run(make, Verb::Compiling, MAKE_STEPS, is_compile_step)
    }

    /// Runs make install.
    ///
    /// # Errors
    /// Like [`configure`](Self::configure).
    pub fn install(&mut self) -> Result<()> {
        let mut install = crate::env::command(self.job.make);
        install.arg("install");
        install.arg(format!("DESTDIR={}", self.job.destination));
        // The Makefile compiles the whole library to byte code three times. `--help` turns that
        // step into printing its usage; `--compile-bytecode` compiles once, on request.
        install.arg("COMPILEALL_OPTS=--help");
        // Anything that is compiled again must be compiled with the same options.
        install.args(self.job.opt.map(|opt| format!("OPT={opt}")));
        install.args(self.launched());
        self.run(install, Verb::Installing, INSTALL_STEPS, is_any_step)
    }

    /// Returns the Makefile's compilers, prefixed with the launcher.
    fn launched(&self) -> Vec<String> {
        let Some(launcher) = self.job.launcher else {
            return Vec::new();
        };
        let launched = |name| Some(format!("{name}={launcher} {}", self.makefile(name)?));
        ["CC", "CXX"].into_iter().filter_map(launched).collect()
    }

    /// Returns the value of a Makefile variable.
    fn makefile(&self, name: &str) -> Option<String> {
        let makefile = self.job.source.join("Makefile");
        let text = std::fs::read_to_string(makefile).unwrap_or_default();
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim().to_owned())
    }

    /// Compiles the hook, and returns the argument of make that links it. A version of Python that
    /// is incompatible with the hook is built without it.
    fn report_hook(&mut self) -> Result<Option<String>> {
        let source = self.job.source.join(HOOK).with_extension("c");
        std::fs::write(&source, HOOK_SOURCE).map_err(IoFailure::at("write", &source))?;
        let (Some(cc), Some(link)) = (self.makefile("CC"), self.makefile("LINKFORSHARED")) else {
            return Ok(None);
        };
        let mut words = cc.split_whitespace();
        let mut command = crate::env::command(words.next().unwrap_or("cc"));
        command
            .args(words)
            .args([
                "-O1",
                "-g1",
                "-DPy_BUILD_CORE",
                "-I.",
                "-IInclude",
                "-IInclude/internal",
            ])
            .args(["-Werror=implicit-function-declaration", "-c"])
            .arg(format!("{HOOK}.c"))
            .arg("-o")
            .arg(format!("{HOOK}.o"));
        let is_made = self.run_in_group(command, "the hook", is_any_step).is_ok();
        self.cancel.check()?;
        Ok(is_made.then(|| format!("LINKFORSHARED={link} {HOOK}.o")))
    }

    /// Runs one command, with its output in the log. `steps` is the approximate number of lines for
    /// which `is_step` holds.
    fn run(
        &mut self,
        command: Command,
        verb: Verb,
        steps: u64,
        is_step: fn(&[u8]) -> bool,
    ) -> Result<()> {
        self.cancel.check()?;
        // `configuring`: the name in the history and in failures.
        let name = &*verb.to_string().to_lowercase();
        let past = self.history.of(name);
        let expected = past.and_then(|past| {
            Some(Expected {
                phase: Duration::from_millis(past.milliseconds),
                after: self.history.after(name)?,
            })
        });
        let steps = past.map_or(steps, |past| past.steps);
        self.task.parts(verb, steps, expected);
        let started = Instant::now();
        let steps = self.run_in_group(command, name, is_step)?;
        self.task.done();
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // The duration of a resumed build says nothing about a complete one.
        if !self.job.is_resumed {
            self.history.keep(
                name,
                Past {
                    steps,
                    milliseconds,
                },
            );
        }
        Ok(())
    }

    /// Like [`run`](Self::run); returns the number of steps.
    fn run_in_group(
        &mut self,
        mut command: Command,
        name: &str,
        is_step: fn(&[u8]) -> bool,
    ) -> Result<u64> {
        let path = self.job.log;
        // Earlier parts of the log belong to other phases or to the interrupted build.
        let before = self.log.metadata().map_or(0, |metadata| metadata.len());
        writeln!(self.log, "+ {command:?}").map_err(IoFailure::at("write", path))?;
        // One stream for both keeps the order of the lines.
        let (reader, writer) = std::io::pipe().map_err(IoFailure::at("read", path))?;
        let errors = writer.try_clone().map_err(IoFailure::at("read", path))?;
        for variable in REMOVED {
            command.env_remove(variable);
        }
        command
            .current_dir(self.job.source)
            .env("LC_ALL", "C")
            .envs(
                self.job
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(errors);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.spawn();
        // Closes the pipe's writing end, so that the end of the output is seen.
        drop(command);
        let lost = |source: std::io::Error| CompileError::NotStarted {
            program: program.clone(),
            source,
        };
        let mut child = spawned.map_err(lost)?;
        let group = self.cancel.group(child.id());
        let mut steps = 0;
        let step = |line: &[u8]| {
            if is_step(line) {
                steps += 1;
                self.task.advance(1);
            }
            if let Some(follow) = self.follow {
                follow(String::from_utf8_lossy(line).trim_end());
            }
        };
        let copied = copy(reader, &mut self.log, step);
        let status = child.wait();
        drop(group);
        self.cancel.check()?;
        copied.map_err(IoFailure::at("write", path))?;
        if status.map_err(lost)?.success() {
            return Ok(steps);
        }
        Err(failed(name, path, before).into())
    }
}

/// Copies lines to the log and passes each to `step`. Continues to read if the log cannot be
/// written, because a process that blocks on its output would never end.
fn copy(
    output: impl std::io::Read,
    log: &mut File,
    mut step: impl FnMut(&[u8]),
) -> std::io::Result<()> {
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

/// `before` is the length of the log when the phase began.
fn failed(phase: &str, path: &Path, before: u64) -> CompileError {
    let bytes = std::fs::read(path).unwrap_or_default();
    let own = usize::try_from(before).unwrap_or(0).min(bytes.len());
    CompileError::PhaseFailed {
        phase: phase.to_owned(),
        log: path.to_owned(),
        found: diagnose(&String::from_utf8_lossy(&bytes[own..])),
    }
}
