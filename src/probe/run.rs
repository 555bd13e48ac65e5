//! Runs `probe.py` in an interpreter, in a neutral environment and not for ever.

use crate::error::{Failure, Kind};
use crate::probe::facts::Facts;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The script. Given on the command line, so that nothing has to be written anywhere.
const SCRIPT: &str = include_str!("probe.py");

/// The extension modules behind ssl, ctypes, sqlite3, zlib, lzma, bz2, hashlib and socket.
pub const REQUIRED: [&str; 8] = [
    "_ssl", "_ctypes", "_sqlite3", "zlib", "_lzma", "_bz2", "_hashlib", "_socket",
];

/// An interpreter that has not answered by now never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a waiting probe looks whether it should stop.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It could not even be started: another libc, a missing library, no permission.
    #[error("{} cannot be started: {reason}", .executable.display())]
    NotStarted {
        /// The interpreter.
        executable: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// It ended without a whole answer.
    #[error("{} started, but did not answer: {reason}", .executable.display())]
    NoAnswer {
        /// The interpreter.
        executable: PathBuf,
        /// Its exit status and the end of its stderr.
        reason: String,
    },
}

impl From<ProbeError> for Failure {
    fn from(error: ProbeError) -> Self {
        Self::new(Kind::Integrity, error.to_string())
    }
}

/// Starts `executable` and asks it what it is, and whether it can import `modules`
/// (names as of `import`).
///
/// `is_cancelled` is asked while waiting.
///
/// # Errors
/// Where it does not start or does not answer. An unwelcome answer is none.
pub fn probe(
    executable: &Path,
    modules: &[&str],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Facts, ProbeError> {
    let not_started = |reason: String| ProbeError::NotStarted {
        executable: executable.to_owned(),
        reason,
    };
    let mut command = Command::new(executable);
    command
        .args(["-I", "-B", "-S", "-c", SCRIPT])
        .args(modules)
        // PYTHON_GIL, PYTHONHOME and LD_PRELOAD would answer for the environment.
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = spawn(&mut command).map_err(|error| not_started(error.to_string()))?;
    let id = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || sender.send(child.wait_with_output()));
    let started = Instant::now();
    let output = loop {
        match receiver.recv_timeout(LOOK_AGAIN) {
            Ok(output) => break output,
            Err(_) if started.elapsed() < PATIENCE && !is_cancelled() => {}
            Err(_) => {
                kill(id);
                // The thread reaps the killed child.
                let _ = waiter.join();
                let seconds = started.elapsed().as_secs();
                return Err(ProbeError::NoAnswer {
                    executable: executable.to_owned(),
                    reason: format!("it was stopped after {seconds} s"),
                });
            }
        }
    };
    let output = output.map_err(|error| not_started(error.to_string()))?;
    let answer = String::from_utf8_lossy(&output.stdout);
    Facts::parse(&answer).map_err(|field| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
        let reason = match last {
            Some(line) => format!("{}, {line}", output.status),
            None => format!("{}, and it did not say its {field}", output.status),
        };
        let executable = executable.to_owned();
        // 126 and 127 are the loader's own: the program never ran.
        match output.status.code() {
            Some(126 | 127) => ProbeError::NotStarted { executable, reason },
            _ => ProbeError::NoAnswer { executable, reason },
        }
    })
}

/// Starts a program that was written a moment ago. A thread that starts another one at the
/// same time may still hold it open for writing, until its own exec.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    for _ in 0..50 {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
    command.spawn()
}

fn kill(id: u32) {
    #[cfg(unix)]
    if let Some(id) = i32::try_from(id)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = id;
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn script(text: &str) -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().expect("tempdir");
        let path = home.path().join("python");
        std::fs::write(&path, text).expect("write");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
        (home, path)
    }

    #[test]
    fn what_does_not_answer_is_an_error_with_its_last_words() {
        let (_home, path) = script("#!/bin/sh\necho 'libfoo.so.1 not found' >&2\nexit 127\n");
        let error = probe(&path, &[], &|| false).expect_err("error").to_string();
        assert!(
            error.contains("cannot be started") && error.contains("libfoo"),
            "{error}"
        );
        let (_home, path) = script("#!/bin/sh\necho rubbish\n");
        let error = probe(&path, &[], &|| false).expect_err("error").to_string();
        assert!(error.contains("did not answer"), "{error}");
        let error = probe(Path::new("/nonexistent"), &[], &|| false).expect_err("error");
        assert!(matches!(error, ProbeError::NotStarted { .. }));
    }
}
