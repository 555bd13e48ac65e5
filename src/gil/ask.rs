//! Asks interpreters that ran unwatched what they are.

use crate::gil::seen::Build;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Prints the version, and whether it is a free-threaded build. Also understood by Python 2.
const QUESTION: &str = "import sys; print('%d.%d.%d' % sys.version_info[:3] + ' %d' % \
    (hasattr(sys, '_is_gil_enabled') and 't' in sys.abiflags))";

/// An interpreter that does not answer within this is not known.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks an interpreter what it is; `None` where it does not say.
#[must_use]
pub fn ask(executable: &str) -> Option<Build> {
    let name = executable.rsplit('/').next().unwrap_or(executable);
    if !name.starts_with("python") && !name.starts_with("pypy") {
        return None; // Another program may understand the question as something to do.
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

/// What a program says to a question; what it has said when the patience ends counts.
pub(super) fn said(command: &mut Command, question: &str, patience: Duration) -> Option<String> {
    let mut child = command.spawn().ok()?;
    let id = rustix::process::Pid::from_child(&child);
    let input = child.stdin.take();
    let (sender, receiver) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || sender.send(child.wait_with_output()));
    // One that ends early closes its side; its answers are read all the same.
    let _ = input.map(|mut input| input.write_all(question.as_bytes()));
    let output = receiver.recv_timeout(patience).or_else(|_| {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        receiver.recv()
    });
    let _ = waiter.join();
    let output = output.ok()?.ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
