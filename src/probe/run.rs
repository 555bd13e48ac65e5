//! Runs `probe.py` in an interpreter, in a neutral environment and with a time limit.

use crate::error::{Failure, Kind};
use crate::probe::facts::Facts;
use crate::probe::loader::{foreign_machine, missing_library};
use ftpy_core::libc;
use ftpy_core::system_error::text_of;
use std::io::Read;
use std::path::{Path, PathBuf};
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

/// What the standard input of a program is opened on.
#[cfg(unix)]
const NOWHERE: &str = "/dev/null";

/// How often to check for cancellation.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Why the interpreter did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It cannot be started: another libc, a missing library, no permission.
    #[error("{} cannot be started: {reason}", .executable.display())]
    NotStarted {
        /// The interpreter.
        executable: PathBuf,
        /// The system's error.
        reason: String,
    },
    /// The machine cannot start any program now.
    #[error("{} was not started: {reason}", .executable.display())]
    Machine {
        /// The interpreter.
        executable: PathBuf,
        /// What the machine lacks.
        reason: String,
    },
    /// It ended without a complete answer.
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
        let kind = match error {
            ProbeError::Machine { .. } => Kind::System,
            ProbeError::NotStarted { .. } | ProbeError::NoAnswer { .. } => Kind::Integrity,
        };
        Self::new(kind, error.to_string())
    }
}

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
    std::thread::spawn(move || sender.send(output_of(child)));
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

/// Converts the system's error.
fn not_started(executable: &Path, error: &std::io::Error) -> ProbeError {
    let lacking = machine_lacks(executable, error);
    let executable = executable.to_owned();
    match lacking {
        Some(reason) => ProbeError::Machine { executable, reason },
        None => ProbeError::NotStarted {
            reason: reason(&executable, error),
            executable,
        },
    }
}

/// Returns what the machine lacks, if an error is not about the program.
fn machine_lacks(executable: &Path, error: &std::io::Error) -> Option<String> {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let number = Errno::from_io_error(error);
        if number == Some(Errno::NOENT) && executable.exists() && !Path::new(NOWHERE).exists() {
            return Some(format!("{NOWHERE} is missing; is /dev mounted?"));
        }
        let lacking = [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM];
        if number.is_some_and(|number| lacking.contains(&number)) {
            return Some(text_of(error));
        }
    }
    #[cfg(not(unix))]
    let _ = (executable, error);
    None
}

/// Returns why a program was not started. The system's "No such file" may be about its loader.
fn reason(executable: &Path, error: &std::io::Error) -> String {
    let is_denied = error.kind() == std::io::ErrorKind::PermissionDenied;
    if let Some(other) = foreign_machine(executable).filter(|_| !is_denied) {
        let own = std::env::consts::ARCH;
        return format!("it is for {other}, and this machine is {own}");
    }
    let is_missing = |loader: &String| !Path::new(loader).exists();
    let loader = match error.kind() {
        std::io::ErrorKind::NotFound => libc::loader(executable).filter(is_missing),
        _ => None,
    };
    let Some(loader) = loader else {
        return text_of(error);
    };
    let name = |libc| match libc {
        "musl" => "musl",
        _ => "glibc",
    };
    match (libc::of_loader(&loader).map(name), libc::detect().map(name)) {
        (Some(needed), Some(own)) if needed != own => {
            format!("it needs {needed} ({loader}), and this machine has {own}")
        }
        _ => format!("its loader {loader} is missing"),
    }
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
    fn a_program_of_another_machine_says_so() {
        let (home, path) = script("");
        let mut head = vec![0; 64];
        head[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        // RISC-V, which no machine of ours is.
        (head[16], head[18]) = (2, 243);
        std::fs::write(&path, head).expect("write");
        let error = probe(&path, &[], &|| false).expect_err("error");
        let expected = format!(
            "{} cannot be started: it is for riscv64, and this machine is {}",
            path.display(),
            std::env::consts::ARCH
        );
        assert_eq!(error.to_string(), expected);
        drop(home);
    }

    #[test]
    fn a_missing_loader_is_named() {
        let of = |loader: &str| {
            let (home, path) = script("");
            let mut head = vec![0; 120];
            head[..6].copy_from_slice(b"\x7fELF\x02\x01");
            // One program header at 64: PT_INTERP, whose text is at 120.
            (head[32], head[54], head[56], head[64]) = (64, 56, 1, 3);
            (head[72], head[96]) = (120, u8::try_from(loader.len()).expect("short"));
            std::fs::write(&path, [&head, loader.as_bytes()].concat()).expect("write");
            let error = std::io::Error::from(std::io::ErrorKind::NotFound);
            let reason = reason(&path, &error);
            drop(home);
            reason
        };
        assert_eq!(
            of("/no/ld-other.so"),
            "its loader /no/ld-other.so is missing"
        );
        let (own, other) = match libc::detect() {
            Some("musl") => ("musl", ("glibc", "/no/ld-linux-x86-64.so.2")),
            _ => ("glibc", ("musl", "/no/ld-musl-x86_64.so.1")),
        };
        let expected = format!(
            "it needs {} ({}), and this machine has {own}",
            other.0, other.1
        );
        assert_eq!(of(other.1), expected);
        let error = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(reason(Path::new("/nonexistent"), &error), error.to_string());
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
