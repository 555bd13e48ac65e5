//! `ftpy run --require-nogil`: the command under watch, and what is said after it.

use crate::cli::daily::Run;
use crate::commands::run::no_command;
use crate::commands::start::Context;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::gil::{
    Answers, Asked, Ended, Judgement, Watch, end_by_signal, judge, replay, suspects, tell,
};
use crate::report::Phase;
use crate::store::Installed;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// Refuses what cannot be: a build with a GIL has it on.
pub(super) fn refuse_gil_build(installed: &Installed) -> Result<()> {
    if installed.key.build.abi.is_free_threaded() {
        return Ok(());
    }
    let key = &installed.key;
    let message = format!("{key} is a build with a GIL: --require-nogil cannot be met");
    let wanted = format!("{}t", key.build.version);
    Err(Failure::new(Kind::Usage, message).hint(format!("ask for a free-threaded one: {wanted}")))
}

/// Runs the command and ends as it did, unless the GIL was on.
pub(super) fn run(context: &Context, command: Command, asked: &Run) -> Result<()> {
    let mut file = Output::create(context, asked)?;
    let watch = Watch::new(&context.env.temporary)?;
    let ended = watch.run(command, &context.env.variables)?;
    let judged = judge(&ended.report, ended.pid, &answers(context, &ended));
    drop(watch);
    if let Some(file) = &mut file {
        file.write(&judged, &ended)?;
    }
    let texts: Vec<String> = asked
        .command
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let own_end = own_end(&ended);
    let (program, arguments) = texts.split_first().ok_or_else(no_command)?;
    let failure = tell(
        &judged,
        &Asked {
            program,
            is_python: is_python(program),
            arguments,
            directory: &context.env.current_dir,
            own_end: own_end.as_deref(),
        },
    );
    // Even under --json: stdout is the command's.
    if let Some(failure) = &failure {
        context.reporter.say_failure(failure);
    }
    let by_signal = end_by_signal(ended.status);
    let own = by_signal.or(ended.status.code()).unwrap_or(1);
    std::process::exit(failure.map_or(own, |failure| i32::from(failure.kind.exit_code())));
}

fn is_python(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    name.starts_with("python")
}

fn answers(context: &Context, ended: &Ended) -> Answers {
    let suspects = suspects(&ended.report);
    let mut answers = Answers::new();
    if suspects.is_empty() {
        return answers;
    }
    let task = context.reporter.task("ftpy");
    task.phase(Phase::Open("asking each module about the GIL".to_owned()));
    for suspects in &suspects {
        answers.extend(replay(suspects));
    }
    answers
}

fn own_end(ended: &Ended) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    match (ended.status.code(), ended.status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit code {code}")),
        (None, Some(signal)) => Some(format!("signal {signal}")),
        (None, None) => None,
    }
}

/// The file of `--report`. Made before the command runs: a place that cannot be written is
/// known at once, and what an earlier run left is not mistaken for the result.
struct Output {
    path: PathBuf,
    file: File,
}

impl Output {
    fn create(context: &Context, asked: &Run) -> Result<Option<Self>> {
        let Some(path) = &asked.report else {
            return Ok(None);
        };
        let path = context.env.current_dir.join(path);
        let file = File::create(&path).map_err(IoFailure::at("write", &path))?;
        Ok(Some(Self { path, file }))
    }

    fn write(&mut self, judged: &Judgement, ended: &Ended) -> Result<()> {
        use std::os::unix::process::ExitStatusExt;
        let document = Document {
            judged,
            exit_code: ended.status.code(),
            signal: ended.status.signal(),
        };
        serde_json::to_writer_pretty(&self.file, &document)
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(IoFailure::at("write", &self.path))?;
        Ok(())
    }
}

/// What `--report` writes.
#[derive(serde::Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    judged: &'a Judgement,
    /// The command's own.
    exit_code: Option<i32>,
    /// What ended it, if it did not end itself.
    signal: Option<i32>,
}
