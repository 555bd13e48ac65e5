//! What an arm runs: the person's command, or the driver with a file that defines `work`.

use crate::bench::arm::{Arm, Interpreter, Workers};
use crate::bench::template::Template;
use crate::cli::bench::Bench;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use crate::host::private_dir::PrivateDir;
use crate::ops::bench::environment::{BenchEnvironment, Environments};
use crate::ops::bench::pyperformance::Benchmark;
use crate::ops::context::Context;
use ftpy_core::name::{Name, Tool};
use ftpy_core::path::find_program;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Times `work(threads)` of a file.
const DRIVER: &str = include_str!("../../bench/suite/driver.py");

/// With it, Python keeps no bytecode.
const NO_BYTECODE: &str = "PYTHONDONTWRITEBYTECODE";

/// What the arms run.
#[derive(Debug)]
pub(crate) enum Work {
    /// A command.
    Command(Template),
    /// A Python file that defines `work(threads)`.
    Script(Script),
    /// A benchmark of pyperformance.
    Pyperformance(Benchmark),
}

/// A file that defines `work`.
#[derive(Debug)]
pub(crate) struct Script {
    /// The file.
    pub(crate) file: PathBuf,
    /// Whether it defines `work_share`, so that processes can divide the work.
    has_shares: bool,
    /// The last argument of `work`.
    input: Option<OsString>,
}

/// What the driver tells of a run.
#[derive(Debug, Deserialize)]
pub(crate) struct Timed {
    /// The wall time of all loops, in seconds.
    pub(crate) seconds: f64,
    /// Their CPU time.
    pub(crate) cpu_seconds: f64,
    /// What the last loop returned.
    pub(crate) result: String,
    /// Whether the GIL was on at the end.
    pub(crate) gil: bool,
}

impl Work {
    /// Reads what the command line asks for.
    pub(crate) fn of(context: &Context, asked: &Bench) -> Result<Self> {
        let workload = &asked.workload;
        if let Some(file) = &workload.script {
            let script = Script::at(
                &context.env.current_dir,
                file.clone(),
                workload.input.clone(),
            );
            return script.map(Self::Script);
        }
        let template = Template {
            words: asked.command.clone(),
            threads_variable: workload.threads_env.clone(),
            processes_variable: workload.processes_env.clone(),
            input: workload.input.clone(),
        };
        let wrong = |message: &str| Failure::new(Kind::Usage, message);
        if template.words.is_empty() {
            let hint = "such as `ftpy bench 3.14t -- python app.py --threads {threads}`, `--script \
                        FILE`, or `--suite`";
            return Err(wrong("nothing to measure").hint(hint));
        }
        if !template.has_threads() {
            let message = "the command does not get the number of threads";
            let hint = "put {threads} into its arguments, or name a variable: `--threads-env N`";
            return Err(wrong(message).hint(hint));
        }
        if template.input.is_some() && !template.has_input() {
            return Err(wrong("--input is given, but the command has no {input}"));
        }
        let names = [&template.threads_variable, &template.processes_variable];
        for name in names.into_iter().flatten() {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(wrong(&format!("`{name}` cannot be a variable's name")));
            }
        }
        Ok(Self::Command(template))
    }

    /// Whether there is an arm with processes.
    pub(crate) fn has_processes(&self) -> bool {
        match self {
            Self::Command(template) => template.has_processes(),
            Self::Script(script) => script.has_shares,
            Self::Pyperformance(_) => false,
        }
    }

    /// Whether a run repeats the work so often that it takes long enough.
    pub(crate) fn has_loops(&self) -> bool {
        match self {
            Self::Command(_) => false,
            Self::Script(_) | Self::Pyperformance(_) => true,
        }
    }

    /// What it is, for the report.
    pub(crate) fn shown(&self) -> Vec<String> {
        match self {
            Self::Command(template) => {
                let words = template.words.iter();
                words
                    .map(|word| word.to_string_lossy().into_owned())
                    .collect()
            }
            Self::Script(script) => vec![script.file.display().to_string()],
            Self::Pyperformance(benchmark) => vec![benchmark.name.clone()],
        }
    }
}

impl Script {
    /// Reads a file; a relative path is below `directory`, and below that of `--base`.
    pub(crate) fn at(directory: &Path, file: PathBuf, input: Option<OsString>) -> Result<Self> {
        let text = plain_file::read_text(&directory.join(&file)).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            Failure::new(Kind::NotFound, message)
        })?;
        let defines = |name: &str| {
            let start = format!("def {name}(");
            text.lines().any(|line| line.starts_with(&start))
        };
        if !text.contains("work") {
            let message = format!("{} does not define `work(threads)`", file.display());
            return Err(Failure::new(Kind::Usage, message)
                .hint("measure a whole program with `-- python FILE --threads {threads}`"));
        }
        Ok(Self {
            has_shares: defines("work_share"),
            file,
            input,
        })
    }

    fn words(&self, arm: Arm, loops: u64, driver: &Path, answer: &Path) -> Vec<OsString> {
        let (option, count) = match arm.workers {
            Workers::Threads(count) => ("--threads", count),
            Workers::Processes(count) => ("--processes", count),
        };
        let mut words: Vec<OsString> = vec![driver.into(), self.file.clone().into()];
        words.extend([option.into(), count.to_string().into()]);
        words.extend(["--loops".into(), loops.to_string().into()]);
        words.extend(["--json".into(), answer.into()]);
        if let Some(input) = &self.input {
            words.extend(["--input".into(), input.clone()]);
        }
        words
    }
}

/// The files of a run, in a private directory.
#[derive(Debug)]
pub(crate) struct Scratch {
    directory: PrivateDir,
}

impl Scratch {
    /// Makes the directory, and puts the driver into it.
    pub(crate) fn new(context: &Context) -> Result<Self> {
        let directory = PrivateDir::new(&context.env.temporary, "bench")?;
        let driver = directory.join("driver.py");
        std::fs::write(&driver, DRIVER).map_err(IoFailure::at("write", driver))?;
        Ok(Self { directory })
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Where a run writes its result, after that of the last one is gone.
    fn new_answer(&self) -> PathBuf {
        let answer = self.file("answer");
        let _ = std::fs::remove_file(&answer);
        answer
    }

    /// What the last run wrote, if it writes a result.
    pub(crate) fn answer(&self) -> Option<String> {
        std::fs::read_to_string(self.file("answer")).ok()
    }
}

/// Returns the command of an arm, without its input and output.
pub(crate) fn command(
    context: &Context,
    environments: &Environments,
    work: (&Work, u64),
    arm: Arm,
    scratch: &Scratch,
) -> Result<Command> {
    let environment = match arm.interpreter {
        Interpreter::Gil => &environments.gil,
        Interpreter::FreeThreaded => &environments.free_threaded,
    };
    let (work, loops) = work;
    let mut command = match work {
        Work::Script(script) => {
            let mut command = Command::new(&environment.python);
            let answer = scratch.new_answer();
            command.args(script.words(arm, loops, &scratch.file("driver.py"), &answer));
            command
        }
        Work::Pyperformance(benchmark) => {
            let mut command = Command::new(&environment.python);
            command.args(benchmark.words(loops, &scratch.new_answer()));
            command
        }
        Work::Command(template) => {
            let filled = template.command(arm);
            let mut words = filled.words.into_iter();
            let program = words.next().unwrap_or_default();
            let mut command = Command::new(found(context, environment, &program)?);
            command.args(words).envs(filled.variables);
            command
        }
    };
    environment.enter(context, &mut command)?;
    // Each run would compile what it imports, which takes longer than many programs.
    if context.env.variables.all.iter().any(|it| it == NO_BYTECODE) {
        command.env_remove(NO_BYTECODE);
        command.env("PYTHONPYCACHEPREFIX", scratch.file("pycache"));
    }
    Ok(command)
}

/// The program of a command: `python` by any of its names is the arm's interpreter.
fn found(context: &Context, environment: &BenchEnvironment, program: &OsString) -> Result<PathBuf> {
    let text = program.to_str().unwrap_or_default();
    if Name::parse(text).is_some_and(|name| name.tool == Tool::Python) {
        return Ok(environment.python.clone());
    }
    if Path::new(program).components().count() > 1 {
        return Ok(PathBuf::from(program));
    }
    let mut own = environment.bins.iter().map(|bin| bin.join(program));
    let own = own.find(|path| path.is_file());
    own.or_else(|| find_program(&context.env.path, text))
        .ok_or_else(|| {
            let message = format!("command `{}` not found", program.to_string_lossy());
            let bin = environment.bins[0].display();
            Failure::new(Kind::NoCommand, message).hint(format!(
                "searched in {bin} and on PATH; `-r FILE` installs packages for both builds"
            ))
        })
}
