//! Asks interpreters that ran without the hook for their version.

use crate::gil::seen::Build;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Prints the version, and whether it is a free-threaded build. Also understood by Python 2.
const QUESTION: &str = "import sys; print('%d.%d.%d' % sys.version_info[:3] + ' %d' % \
    (hasattr(sys, '_is_gil_enabled') and 't' in sys.abiflags))";

/// An interpreter that takes longer than this to answer counts as unknown.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks an interpreter for its version and build; `None` if it does not answer.
#[must_use]
pub fn ask(executable: &str) -> Option<Build> {
    let name = executable.rsplit('/').next().unwrap_or(executable);
    if !name.starts_with("python") && !name.starts_with("pypy") {
        return None; // Another program may interpret the arguments as a command.
    }
    let mut command = Command::new(executable);
    command
        .args(["-E", "-S", "-c", QUESTION])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let text = said(&mut command, "", PATIENCE)?;
    let (version, is_free_threaded) = text.trim().split_once(' ')?;
    Some(Build {
        version: version.to_owned(),
        is_free_threaded: is_free_threaded == "1",
    })
}

/// The output of a program; what it has printed when the time is over counts.
pub(super) fn said(command: &mut Command, question: &str, patience: Duration) -> Option<String> {
    let mut child = command.spawn().ok()?;
    let id = rustix::process::Pid::from_child(&child);
    let input = child.stdin.take();
    let (sender, receiver) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || sender.send(child.wait_with_output()));
    // A program that ends early closes the pipe; its output is read all the same.
    let _ = input.map(|mut input| input.write_all(question.as_bytes()));
    let output = receiver.recv_timeout(patience).or_else(|_| {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        receiver.recv()
    });
    let _ = waiter.join();
    let output = output.ok()?.ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
