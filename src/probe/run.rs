//! Runs `probe.py` in an interpreter, in a neutral environment and with a time limit.

use crate::probe::error::{ProbeError, not_started};
use crate::probe::facts::Facts;
use crate::probe::loader::missing_library;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// The script, passed on the command line so that no file has to be written.
const SCRIPT: &str = include_str!("probe.py");

/// The extension modules behind ssl, ctypes, sqlite3, zlib, lzma, bz2, hashlib and socket.
pub const REQUIRED: [&str; 8] = [
    "_ssl", "_ctypes", "_sqlite3", "zlib", "_lzma", "_bz2", "_hashlib", "_socket",
];

/// The time limit of the probe.
const PATIENCE: Duration = Duration::from_secs(30);

/// The limit of the output, so that a program that never stops printing does not fill the memory.
const LONGEST: u64 = 1 << 20;

/// How long a killed program may take to exit.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// How often to check for cancellation.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Starts `executable` and reads its facts, and whether it can import `modules` (names as of
/// `import`).
///
/// Polls `is_cancelled` while waiting.
///
/// # Errors
/// Returns an error if it does not start or answer. Unexpected facts are not an error.
pub fn probe(
    executable: &Path,
    modules: &[&str],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Facts, ProbeError> {
    ask(executable, modules, Manner::Own(PATIENCE), is_cancelled)
}

/// Like [`probe`], for any program: after `patience` it is killed together with everything that it
/// started.
///
/// It runs in a separate process group, which a Ctrl-C does not reach, so `is_cancelled` must.
///
/// # Errors
/// Like those of [`probe`].
pub fn probe_foreign(
    executable: &Path,
    patience: Duration,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Facts, ProbeError> {
    ask(executable, &[], Manner::Foreign(patience), is_cancelled)
}

/// How to treat a program, and how long to wait for it.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// An interpreter that ftpy installs.
    Own(Duration),
    /// Any program.
    Foreign(Duration),
}

fn ask(
    executable: &Path,
    modules: &[&str],
    manner: Manner,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Facts, ProbeError> {
    let mut command = Command::new(executable);
    command
        .args(["-I", "-B", "-S", "-c", SCRIPT])
        .args(modules)
        // PYTHON_GIL, PYTHONHOME and LD_PRELOAD would change the facts.
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (patience, is_foreign) = match manner {
        Manner::Own(patience) => (patience, false),
        Manner::Foreign(patience) => (patience, true),
    };
    #[cfg(unix)]
    if is_foreign {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    let child = spawn(&mut command);
    let child = child.map_err(|error| not_started(executable, &error))?;
    let id = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    // The thread also reaps the child. It is not joined, because children of a killed program may
    // hold its pipes.
    std::thread::Builder::new()
        .spawn(move || sender.send(output_of(child)))
        .map_err(|error| {
            kill(id, is_foreign);
            not_started(executable, &error)
        })?;
    let started = Instant::now();
    let output = loop {
        match receiver.recv_timeout(LOOK_AGAIN) {
            Ok(output) => break output,
            Err(RecvTimeoutError::Timeout) if started.elapsed() < patience && !is_cancelled() => {}
            Err(_) => {
                kill(id, is_foreign);
                let _ = receiver.recv_timeout(LAST_MOMENT);
                let seconds = started.elapsed().as_secs();
                return Err(ProbeError::NoAnswer {
                    executable: executable.to_owned(),
                    reason: format!("stopped after {seconds} s"),
                });
            }
        }
    };
    let output = output.map_err(|error| not_started(executable, &error))?;
    let answer = String::from_utf8_lossy(&output.stdout);
    Facts::parse(&answer).map_err(|field| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        // musl and macOS add more text after it.
        let cause = stderr.lines().find(|line| missing_library(line).is_some());
        let last = || stderr.lines().rev().find(|line| !line.trim().is_empty());
        let last = cause.or_else(last);
        let reason = match last {
            Some(line) => format!("{}, {line}", output.status),
            None => format!("{}, without reporting its {field}", output.status),
        };
        let executable = executable.to_owned();
        // 126 and 127 come from the loader: the program never ran.
        match output.status.code() {
            Some(126 | 127) => ProbeError::NotStarted { executable, reason },
            _ => ProbeError::NoAnswer { executable, reason },
        }
    })
}

/// Returns what a program printed, and how it ended. Output beyond the limit is cut off, which ends
/// the program with SIGPIPE.
fn output_of(mut child: Child) -> std::io::Result<Output> {
    fn read(pipe: Option<impl Read>) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(LONGEST).read_to_end(&mut bytes);
        }
        bytes
    }
    let stderr = child.stderr.take();
    let stderr = std::thread::spawn(move || read(stderr));
    let stdout = read(child.stdout.take());
    Ok(Output {
        stdout,
        stderr: stderr.join().unwrap_or_default(),
        status: child.wait()?,
    })
}

/// Starts a program that was just written. A thread that starts another one at the same time may
/// hold it open for writing until its own exec.
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

/// Kills a process, or the group that it leads.
fn kill(id: u32, is_group: bool) {
    #[cfg(unix)]
    if let Some(id) = crate::pid::as_pid(id) {
        use rustix::process::{Signal, kill_process, kill_process_group};
        let _ = match is_group {
            true => kill_process_group(id, Signal::KILL),
            false => kill_process(id, Signal::KILL),
        };
    }
    #[cfg(not(unix))]
    let _ = (id, is_group);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

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

    #[test]
    fn a_foreign_program_that_hangs_or_babbles_is_ended_with_what_it_started() {
        let limit = Duration::from_millis(400);
        let (home, path) = script("#!/bin/sh\nsleep 60 &\necho $! >${0%/*}/pid\nsleep 60\n");
        let started = Instant::now();
        let error = probe_foreign(&path, limit, &|| false).expect_err("error");
        assert!(matches!(error, ProbeError::NoAnswer { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
        let child = std::fs::read_to_string(home.path().join("pid")).expect("pid");
        let is_gone = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
            state.map_or(true, |state| state.contains(") Z") || state.contains(") X"))
        };
        // A killed process ends when it is next scheduled.
        let patience = Instant::now() + Duration::from_secs(5);
        while !is_gone() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(is_gone() || !cfg!(target_os = "linux"), "{child} lives");

        let (_home, path) = script("#!/bin/sh\nwhile :; do echo rubbish; done\n");
        let limit = Duration::from_secs(20);
        let started = Instant::now();
        probe_foreign(&path, limit, &|| false).expect_err("error");
        assert!(started.elapsed() < limit, "it was not cut off");
    }
}
