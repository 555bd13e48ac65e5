//! A command that is run as if ftpy were not there: signals are passed on to it, and its end
//! becomes ftpy's.

use crate::error::{Failure, Kind, Result};
#[cfg(target_os = "linux")]
use crate::host::signals::Queue;
use crate::host::signals::{Sender, is_descendant, was_ignored};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// Runs a command to its end; returns its process and how that ended.
///
/// # Errors
/// Where it cannot be started. How it ends is no error.
pub fn run_to_end(mut command: Command) -> Result<(u32, ExitStatus)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::new(Kind::System, format!("no signal can be watched: {error}"))
    })?;
    let program = PathBuf::from(command.get_program());
    let ended = runtime.block_on(start_and_wait(&mut command));
    ended.map_err(|error| {
        let message = format!("{} cannot be started: {error}", program.display());
        Failure::new(Kind::NoCommand, message)
    })
}

/// What is passed on to the command.
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

/// Waits for the command, and passes on what a person sends to ftpy in its place.
async fn start_and_wait(command: &mut Command) -> std::io::Result<(u32, ExitStatus)> {
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let mut changed = signal(SignalKind::child())?;
    // A handled signal is at its default in the command. One that is ignored stays ignored, as
    // nohup wants it: no handler is set up for it, here or in the command.
    let (ignored, others): (Vec<Signal>, Vec<Signal>) = PASSED_ON
        .into_iter()
        .partition(|signal| was_ignored(*signal) != Some(false));
    for sent in others {
        pass_on(sent, &sender)?;
    }
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    // Queued only now: the command would inherit that they are blocked.
    let queue = queue(&ignored, &sender);
    let ended = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        stop_with(pid);
        let (sent, by) = tokio::select! {
            _ = changed.recv() => continue,
            Some(arrived) = received.recv() => arrived,
        };
        // Not reaped yet, so the number is still its own.
        if !has_it_already(sent, by) {
            let _ = kill_process(pid, sent);
        }
    };
    drop(queue);
    Ok((child.id(), ended))
}

/// A signal and who sent it.
type Arrived = (Signal, Sender);

fn pass_on(sent: Signal, sender: &UnboundedSender<Arrived>) -> std::io::Result<()> {
    let mut stream = signal(SignalKind::from_raw(sent.as_raw()))?;
    let sender = sender.clone();
    tokio::spawn(async move {
        while stream.recv().await.is_some() && sender.send((sent, Sender::Unknown)).is_ok() {}
    });
    Ok(())
}

/// Takes all signals with their senders. Where that fails, those that are handled are passed on
/// as on other systems.
#[cfg(target_os = "linux")]
fn queue(_: &[Signal], sender: &UnboundedSender<Arrived>) -> Option<Queue> {
    let sender = sender.clone();
    let arrived = move |signal, by| {
        let _ = sender.send((signal, by));
    };
    Queue::of(&PASSED_ON, arrived).ok()
}

/// Handles those that may be ignored, too, now that the command has started.
#[cfg(not(target_os = "linux"))]
fn queue(ignored: &[Signal], sender: &UnboundedSender<Arrived>) -> Option<Queue> {
    for sent in ignored {
        // What cannot be passed on is not a reason to leave the command.
        let _ = pass_on(*sent, sender);
    }
    None
}

/// There is no queue of signals here.
#[cfg(not(target_os = "linux"))]
struct Queue;

/// Whether the command got the signal, too, so that it would come twice: a key of the terminal
/// reaches all in front of it, and what the command's own processes send to their group is not
/// for ftpy.
fn has_it_already(sent: Signal, by: Sender) -> bool {
    match by {
        Sender::Process(by) => is_descendant(by),
        // The end of a terminal reaches the leader of its session alone.
        Sender::Kernel if sent == Signal::HUP => {
            rustix::process::getsid(None).ok() != Some(rustix::process::getpid())
        }
        // An alarm that was set before ftpy was started is for what it has become.
        Sender::Kernel => sent != Signal::ALARM,
        Sender::Unknown => {
            [Signal::INT, Signal::QUIT, Signal::TSTP, Signal::WINCH].contains(&sent)
                && is_in_front()
        }
    }
}

/// Whether this process is among those in front of its terminal.
fn is_in_front() -> bool {
    std::fs::File::open("/dev/tty").is_ok_and(|terminal| {
        let front = rustix::termios::tcgetpgrp(&terminal);
        front.is_ok_and(|front| front == rustix::process::getpgrp())
    })
}

/// Stops this process where the command was stopped, so that the shell sees a stopped job. Without
/// a terminal there is no shell that could continue it.
fn stop_with(command: Pid) {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
    let is_stopped = waitid(WaitId::Pid(command), options).is_ok_and(|change| change.is_some());
    if is_stopped && std::fs::File::open("/dev/tty").is_ok() {
        let _ = kill_process(rustix::process::getpid(), Signal::STOP);
    }
}

/// Ends this process by the signal that ended the command, so that whoever started it sees
/// the same. Returns only where that is not possible.
pub fn end_by_signal(status: ExitStatus) -> Option<i32> {
    let signal = status.signal()?;
    // Signals are at their defaults again after an exec, which is the only safe way to that.
    let script = "ulimit -c 0; kill -\"$1\" $$; exit $((128 + $1))";
    let _ = Command::new("/bin/sh")
        .args(["-c", script, "sh", &signal.to_string()])
        .exec();
    Some(128 + signal)
}
