//! A command that is run as if ftpy were not there: signals are passed on to it, and its end
//! becomes ftpy's.

use crate::error::{Failure, Kind, Result};
use rustix::process::{Pid, Signal, kill_process};
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
const PASSED_ON: [Signal; 6] = [
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::HUP,
    Signal::USR1,
    Signal::USR2,
];

/// Waits for the command, and passes on what a person sends to ftpy in its place.
async fn start_and_wait(command: &mut Command) -> std::io::Result<(u32, ExitStatus)> {
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let mut changed = signal(SignalKind::child())?;
    // A handled signal is at its default in the command. One that is ignored stays ignored, as
    // nohup wants it: it is handled only afterwards, and cannot end ftpy until then.
    let ignored = ignored();
    let is_ignored = |sent: Signal| ignored >> (sent.as_raw() - 1) & 1 == 1;
    for sent in PASSED_ON.into_iter().filter(|sent| !is_ignored(*sent)) {
        pass_on(sent, &sender)?;
    }
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    for sent in PASSED_ON.into_iter().filter(|sent| is_ignored(*sent)) {
        // The command runs: what cannot be passed on is no reason to leave it.
        let _ = pass_on(sent, &sender);
    }
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((child.id(), status));
        }
        tokio::select! {
            _ = changed.recv() => {}
            Some(sent) = received.recv() => {
                // Not reaped yet, so the number is still its own.
                if !is_from_terminal(sent) {
                    let _ = kill_process(pid, sent);
                }
            }
        }
    }
}

fn pass_on(sent: Signal, sender: &UnboundedSender<Signal>) -> std::io::Result<()> {
    let mut stream = signal(SignalKind::from_raw(sent.as_raw()))?;
    let sender = sender.clone();
    tokio::spawn(
        async move { while stream.recv().await.is_some() && sender.send(sent).is_ok() {} },
    );
    Ok(())
}

/// The signals that this process was told to ignore, a bit each. Where the system does not say,
/// all of them: what is taken for ignored is handled a moment later.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(u64::MAX)
}

/// Whether the command has the signal already: a terminal sends Ctrl-C to all in front of it.
fn is_from_terminal(sent: Signal) -> bool {
    let is_key = sent == Signal::INT || sent == Signal::QUIT;
    is_key
        && std::fs::File::open("/dev/tty").is_ok_and(|terminal| {
            let front = rustix::termios::tcgetpgrp(&terminal);
            front.is_ok_and(|front| front == rustix::process::getpgrp())
        })
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
