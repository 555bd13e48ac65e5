//! Runs a package manager to its end. It is never killed, because that would leave a broken state.
//! A Ctrl-C is passed on once.

use crate::cancel::Cancel;
use crate::distro::commands::{is_elevated, shown};
use crate::distro::error::DistroError;
use crate::error::Result;
use crate::report::{Reporter, Task, Verb};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How many of the last output lines a failure shows.
const LAST: usize = 8;

/// How long to wait for another package manager, and how often to check whether it has ended.
const LOCK_PATIENCE: Duration = Duration::from_secs(900);
const LOCK_AGAIN: Duration = Duration::from_secs(1);

/// How much to read from a tool whose children keep its output open after it exited.
const GRACE: Duration = Duration::from_millis(500);

/// The effects of a run.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The output for messages.
    pub reporter: &'a Reporter,
    /// The progress display.
    pub task: &'a Task,
    /// Cancellation.
    pub cancel: &'a Cancel,
}

/// Runs a command. `lock` lists fragments of lines that mean that another package manager is
/// running; the command is then retried later.
///
/// # Errors
/// Returns an error with the last lines if it fails, or if it was interrupted.
pub fn run(command: &[String], lock: &[String], around: &Surroundings<'_>) -> Result<()> {
    let started = Instant::now();
    let text = shown(command);
    let mut is_said = false;
    loop {
        around.cancel.check()?;
        around.task.step_on(Verb::Running, text.as_str());
        let mut last: VecDeque<String> = VecDeque::new();
        let mut held: Option<String> = None;
        let status = once(command, around, &mut |line| {
            around.reporter.relay_detail(&line);
            if lock.iter().any(|part| line.contains(part)) {
                if !is_said {
                    is_said = true;
                    let line = line.trim_start_matches("E: ");
                    let text = format!("for another package manager: {line}");
                    around.reporter.status(Verb::Waiting, text);
                }
                held = Some(line.clone());
            }
            if last.len() == LAST {
                last.pop_front();
            }
            last.push_back(line);
        })?;
        if around.cancel.is_cancelled() {
            let command = text;
            return Err(DistroError::Interrupted { command, status }.into());
        }
        if status.success() {
            return Ok(());
        }
        if held.is_none() || started.elapsed() > LOCK_PATIENCE {
            let error = DistroError::Failed {
                command: text,
                status,
                last: last.into(),
            };
            return Err(error.into());
        }
        around
            .task
            .step_on(Verb::Waiting, "for another package manager");
        std::thread::sleep(LOCK_AGAIN);
    }
}

/// Runs it once and passes every line of its output to `each`.
fn once(
    command: &[String],
    around: &Surroundings<'_>,
    each: &mut dyn FnMut(String),
) -> Result<ExitStatus> {
    let (program, arguments) = command.split_first().ok_or(DistroError::Empty)?;
    let lost = |source: std::io::Error| DistroError::NotStarted {
        program: program.clone(),
        source,
    };
    let (reader, writer) = std::io::pipe().map_err(lost)?;
    let errors = writer.try_clone().map_err(lost)?;
    let mut process = crate::env::command(program);
    process
        .args(arguments)
        .env("LC_ALL", "C")
        // It never prompts on stdin; the elevating program prompts on the terminal itself.
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(errors);
    // A process group of its own, so that only ftpy passes on a Ctrl-C. The elevating program must
    // stay in the foreground to prompt for a password: it receives signals from the terminal, and
    // other processes of the user may not send any to it.
    let is_apart = !is_elevated(command);
    #[cfg(unix)]
    if is_apart {
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
    }
    let spawned = process.spawn();
    drop(process);
    let mut child = spawned.map_err(lost)?;
    let group = is_apart.then(|| around.cancel.patient_group(child.id()));
    let lines = lines_of(reader);
    let status = loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => each(line),
            Err(RecvTimeoutError::Disconnected) => break child.wait().map_err(lost)?,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = child.try_wait().map_err(lost)? {
                    while let Ok(line) = lines.recv_timeout(GRACE) {
                        each(line);
                    }
                    break status;
                }
            }
        }
    };
    drop(group);
    Ok(status)
}

/// The lines of a stream, read by a separate thread: a service started by an installation may keep
/// the stream open forever.
fn lines_of(reader: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).unwrap_or(0) > 0 {
            let text = String::from_utf8_lossy(&bytes);
            // Skip lines that were overwritten on the terminal.
            let line = text.trim_end().rsplit('\r').next().unwrap_or_default();
            if !line.is_empty() && sender.send(line.to_owned()).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    receiver
}
