//! Runs a command transparently: signals are passed on to it, and its exit status becomes ftpy's.

use crate::error::{Failure, Kind, Result};
#[cfg(target_os = "linux")]
use crate::host::signals::Queue;
use crate::host::signals::{Sender, is_descendant, was_ignored};
use crate::host::umask;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// Why a command was not run to its end.
#[derive(Debug, thiserror::Error)]
enum RunError {
    /// The signals to pass on cannot be watched.
    #[error("cannot watch signals: {0}")]
    Signals(std::io::Error),
    /// The command was not started, or its end is unknown.
    #[error("failed to start {}: {error}", .program.display())]
    Command {
        /// Its program.
        program: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let kind = match &error {
            RunError::Signals(_) => Kind::System,
            RunError::Command { .. } => Kind::NoCommand,
        };
        Self::new(kind, error.to_string())
    }
}

/// Runs a command to its end; returns its process id and exit status.
///
/// # Errors
/// Returns an error if it cannot be started; its exit status is not an error.
pub fn run_to_end(mut command: Command) -> Result<(u32, ExitStatus)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(RunError::Signals)?;
    let program = PathBuf::from(command.get_program());
    let ended = runtime.block_on(start_and_wait(&mut command));
    Ok(ended.map_err(|error| RunError::Command { program, error })?)
}

/// The signals to pass on to the command.
const PASSED_ON: [Signal; 10] = [
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::HUP,
    Signal::USR1,
    Signal::USR2,
    Signal::ALARM,
    Signal::WINCH,
    Signal::CONT,
    Signal::TSTP,
];

/// Waits for the command, and passes on signals sent to ftpy.
async fn start_and_wait(command: &mut Command) -> std::io::Result<(u32, ExitStatus)> {
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let mut changed = signal(SignalKind::child())?;
    // A handled signal is reset to its default in the command. An ignored signal stays ignored, as
    // nohup wants it: no handler is installed, here or in the command.
    let (ignored, others): (Vec<Signal>, Vec<Signal>) = PASSED_ON
        .into_iter()
        .partition(|signal| was_ignored(*signal) != Some(false));
    for sent in others {
        pass_on(sent, &sender)?;
    }
    umask::restore();
    let spawned = command.spawn();
    umask::forbid_others();
    let mut child = spawned?;
    let pid = Pid::from_child(&child);
    // Only now, because the command would inherit the blocked signals.
    let _queue = queue(&ignored, &sender);
    let ended = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        stop_with(pid);
        let (sent, by) = tokio::select! {
            _ = changed.recv() => continue,
            Some(arrived) = received.recv() => arrived,
        };
        // Not reaped yet, so the process id is still valid.
        if !has_it_already(sent, by) {
            let _ = kill_process(pid, sent);
        }
    };
    Ok((child.id(), ended))
}

/// A signal and its sender.
type Arrived = (Signal, Sender);

fn pass_on(sent: Signal, sender: &UnboundedSender<Arrived>) -> std::io::Result<()> {
    let mut stream = signal(SignalKind::from_raw(sent.as_raw()))?;
    let sender = sender.clone();
    tokio::spawn(async move {
        while stream.recv().await.is_some() && sender.send((sent, Sender::Unknown)).is_ok() {}
    });
    Ok(())
}

/// Receives all signals with their senders. If that fails, handled signals are passed on as on
/// other systems.
#[cfg(target_os = "linux")]
fn queue(_: &[Signal], sender: &UnboundedSender<Arrived>) -> Option<Queue> {
    let sender = sender.clone();
    let arrived = move |signal, by| {
        let _ = sender.send((signal, by));
    };
    Queue::of(&PASSED_ON, arrived).ok()
}

/// Also handles signals that may be ignored, now that the command has started.
#[cfg(not(target_os = "linux"))]
fn queue(ignored: &[Signal], sender: &UnboundedSender<Arrived>) -> Option<Queue> {
    for sent in ignored {
        // A failure to pass on a signal is no reason to stop waiting for the command.
        let _ = pass_on(*sent, sender);
    }
    None
}

/// This system has no queue of signals.
#[cfg(not(target_os = "linux"))]
struct Queue;

/// Whether the command also received the signal, so that passing it on would duplicate it: a key
/// reaches all foreground processes, and signals that the command's own processes send to their
/// group are not meant for ftpy.
fn has_it_already(sent: Signal, by: Sender) -> bool {
    match by {
        Sender::Process(by) => is_descendant(by),
        // The hangup of a terminal only reaches the session leader.
        Sender::Kernel if sent == Signal::HUP => {
            rustix::process::getsid(None).ok() != Some(rustix::process::getpid())
        }
        // An alarm set before ftpy was started is meant for the command.
        Sender::Kernel => sent != Signal::ALARM,
        Sender::Unknown => {
            [Signal::INT, Signal::QUIT, Signal::TSTP, Signal::WINCH].contains(&sent)
                && is_in_front()
        }
    }
}

/// Whether this process is in the foreground of its terminal.
fn is_in_front() -> bool {
    std::fs::File::open("/dev/tty").is_ok_and(|terminal| {
        let front = rustix::termios::tcgetpgrp(&terminal);
        front.is_ok_and(|front| front == rustix::process::getpgrp())
    })
}

/// Stops this process after the command was stopped, so that the shell sees a stopped job. Without
/// a terminal there is no shell that could continue it.
fn stop_with(command: Pid) {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
    let is_stopped = waitid(WaitId::Pid(command), options).is_ok_and(|change| change.is_some());
    if is_stopped && std::fs::File::open("/dev/tty").is_ok() {
        let _ = kill_process(rustix::process::getpid(), Signal::STOP);
    }
}

/// Ends this process by the signal that ended the command, so that the parent sees the same status.
/// Returns only if that fails.
pub fn end_by_signal(status: ExitStatus) -> Option<i32> {
    let signal = status.signal()?;
    // Signals have their defaults after an exec, which is the only safe way to reset them.
    let script = "ulimit -c 0; kill -\"$1\" $$; exit $((128 + $1))";
    let _ = Command::new("/bin/sh")
        .args(["-c", script, "sh", &signal.to_string()])
        .exec();
    Some(128 + signal)
}
