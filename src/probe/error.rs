//! Why an interpreter gave no facts, above all why the system did not start it.

use crate::error::{Failure, Kind};
use crate::probe::loader::foreign_machine;
use ftpy_core::libc;
use ftpy_core::system_error::text_of;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

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

/// What the standard input of a program is opened on.
#[cfg(unix)]
const NULL_DEVICE: &str = "/dev/null";

/// Converts the system's error.
pub(super) fn not_started(executable: &Path, error: &Error) -> ProbeError {
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
fn machine_lacks(executable: &Path, error: &Error) -> Option<String> {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let has_null = || Path::new(NULL_DEVICE).exists();
        match Errno::from_io_error(error)? {
            Errno::NOENT if executable.exists() && !has_null() => {
                Some(format!("{NULL_DEVICE} is missing; is /dev mounted?"))
            }
            Errno::MFILE | Errno::NFILE | Errno::AGAIN | Errno::NOMEM => Some(text_of(error)),
            _ => None,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = (executable, error);
        None
    }
}

/// Returns why a program was not started. The system's "No such file" may be about its loader.
fn reason(executable: &Path, error: &Error) -> String {
    if is_another_format(error)
        && let Some((needed, own)) = foreign_machine(executable)
    {
        return format!("it is for {needed}, and this machine is {own}");
    }
    let is_missing = |loader: &String| !Path::new(loader).exists();
    let loader = match error.kind() {
        ErrorKind::NotFound => libc::loader(executable).filter(is_missing),
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

fn is_another_format(error: &Error) -> bool {
    #[cfg(unix)]
    {
        rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::NOEXEC)
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn a_program_of_another_machine_says_so() {
        let home = tempfile::tempdir().expect("tempdir");
        let path = home.path().join("python");
        let mut head = vec![0; 64];
        head[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        // RISC-V, which none of the tested machines is.
        (head[16], head[18]) = (2, 243);
        std::fs::write(&path, head).expect("write");
        let text = reason(&path, &Errno::NOEXEC.into());
        assert!(
            text.starts_with("it is for Linux on riscv64, and this machine is "),
            "{text}"
        );
        assert_eq!(reason(&path, &Errno::ACCESS.into()), "Permission denied");
        let error = not_started(&path, &Errno::MFILE.into());
        assert!(matches!(error, ProbeError::Machine { .. }), "{error}");
    }

    #[test]
    fn a_missing_loader_is_named() {
        let home = tempfile::tempdir().expect("tempdir");
        let of = |loader: &str| {
            let path = home.path().join("python");
            let mut head = vec![0; 120];
            head[..6].copy_from_slice(b"\x7fELF\x02\x01");
            // One program header at 64: PT_INTERP, whose text is at 120.
            (head[32], head[54], head[56], head[64]) = (64, 56, 1, 3);
            (head[72], head[96]) = (120, u8::try_from(loader.len()).expect("short"));
            std::fs::write(&path, [&head, loader.as_bytes()].concat()).expect("write");
            reason(&path, &Error::from(ErrorKind::NotFound))
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
        let error = Error::from(ErrorKind::NotFound);
        assert_eq!(reason(Path::new("/nonexistent"), &error), error.to_string());
    }
}
