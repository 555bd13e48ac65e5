//! `ftpy run --require-nogil`: supervises the command, and judges its GIL reports.

use crate::cli::daily::Run;
use crate::error::{Failure, Kind, Result};
use crate::gil::{
    Answers, Ended, GilReport, Judgement, Watch, WatchedCommand, judge, replay, suspects, tell,
};
use crate::ops::context::Context;
use crate::ops::run::advice::{Advice, add_to, advise};
use crate::ops::run::no_command;
use crate::report::Verb;
use crate::store::Installed;
use std::process::Command;

/// Refuses a GIL build, whose GIL is always on.
pub(crate) fn refuse_gil_build(installed: &Installed) -> Result<()> {
    if installed.key.build.abi.is_free_threaded() {
        return Ok(());
    }
    let key = &installed.key;
    let message = format!("{key} is a GIL build, so --require-nogil always fails");
    let wanted = format!("{}t", key.build.version);
    Err(Failure::new(Kind::Usage, message).hint(format!("request a free-threaded build: {wanted}")))
}

/// What the run showed about the GIL.
pub(crate) struct Seen {
    /// How the command ended.
    pub(crate) ended: Ended,
    /// The judgement.
    pub(crate) judged: Judgement,
    /// The failure, if the GIL was on or could not be checked.
    pub(crate) failure: Option<Failure>,
    /// Versions of the packages that keep the GIL off.
    pub(crate) advice: Vec<Advice>,
}

/// Runs the command and watches its GIL.
pub(crate) fn watch(context: &Context, command: Command, asked: &Run) -> Result<Seen> {
    let watch = Watch::new(&context.env.temporary)?;
    let ended = watch.run(command, &context.env.variables)?;
    let judged = judge(&ended.report, ended.pid, &answers(context, &ended.report));
    drop(watch);
    let texts: Vec<String> = asked
        .command
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let own_end = own_end(&ended);
    let (program, arguments) = texts.split_first().ok_or_else(no_command)?;
    let mut failure = tell(
        &judged,
        &WatchedCommand {
            program,
            is_python: is_python(program),
            arguments,
            directory: &context.env.current_dir,
            own_end: own_end.as_deref(),
        },
    );
    let mut advice = Vec::new();
    if let Some(failure) = failure.as_mut().filter(|it| it.kind == Kind::GilEnabled) {
        advice = advise(context, &judged)?;
        add_to(failure, &advice);
    }
    Ok(Seen {
        ended,
        judged,
        failure,
        advice,
    })
}

fn is_python(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    name.starts_with("python")
}

/// Loads the modules that may have turned the GIL on again, each one separately.
pub(crate) fn answers(context: &Context, report: &GilReport) -> Answers {
    let suspects = suspects(report);
    let mut answers = Answers::new();
    if suspects.is_empty() {
        return answers;
    }
    let task = context.reporter.task("ftpy");
    task.step_on(Verb::Probing, "each module for the GIL");
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
