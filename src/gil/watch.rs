//! Runs a command with the hook at the front of PYTHONPATH, and waits for it transparently.

use crate::env::Variables;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::gil::ask::ask;
use crate::gil::report::GilReport;
#[cfg(target_os = "linux")]
use crate::gil::tree::Tree;
use crate::gil::unwatched::unwatched;
use crate::host::foreground_child::run_to_end;
use crate::host::private_dir::PrivateDir;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Loaded by every Python at startup, before the user's own.
const HOOK: &str = include_str!("sitecustomize.py");

/// The directory for temporary files cannot be part of PYTHONPATH.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} cannot be used in PYTHONPATH: it contains a colon or is not UTF-8",
    .directory.display()
)]
struct NotInPythonPath {
    /// The directory.
    directory: PathBuf,
}

impl From<NotInPythonPath> for Failure {
    fn from(error: NotInPythonPath) -> Self {
        Self::new(Kind::System, error.to_string()).hint("set TMPDIR to another directory")
    }
}

/// A private directory with the hook and its reports; removed when dropped.
#[derive(Debug)]
pub struct Watch {
    directory: PrivateDir,
}

/// How the command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its process id.
    pub pid: u32,
    /// Its exit code or signal.
    pub status: ExitStatus,
    /// The interpreters' reports.
    pub report: GilReport,
}

impl Watch {
    /// Creates the directory in the one for temporary files.
    ///
    /// # Errors
    /// Returns an error if it is not writable or cannot be part of PYTHONPATH.
    pub fn new(temporary: &Path) -> Result<Self> {
        if temporary.to_str().is_none_or(|path| path.contains(':')) {
            let directory = temporary.to_owned();
            return Err(NotInPythonPath { directory }.into());
        }
        let directory = PrivateDir::new(temporary, "nogil")
            .map_err(|error| Failure::from(error).hint("set TMPDIR to a writable directory"))?;
        let watch = Self { directory };
        watch.write("sitecustomize.py", HOOK)?;
        watch.write("report", "")?;
        Ok(watch)
    }

    /// Runs the command to its end, with the hook in its environment.
    ///
    /// # Errors
    /// Returns an error if it cannot be started; its exit status is not an error.
    pub fn run(&self, mut command: Command, variables: &Variables) -> Result<Ended> {
        self.attach(&mut command, variables);
        #[cfg(target_os = "linux")]
        let tree = Tree::start(&self.directory);
        let (pid, status) = run_to_end(command)?;
        #[cfg(target_os = "linux")]
        let images = tree.map_or_else(Vec::new, Tree::finish);
        #[cfg(not(target_os = "linux"))]
        let images = Vec::new();
        let mut report = self.reported();
        let real = |file: &str| {
            let found = std::fs::canonicalize(file);
            found.map_or_else(|_| file.to_owned(), |path| path.display().to_string())
        };
        report.unwatched = unwatched(&report, &images, real);
        for one in &mut report.unwatched {
            if one.build.is_none() {
                one.build = ask(&one.executable);
            }
        }
        Ok(Ended {
            pid,
            status,
            report,
        })
    }

    /// Puts the hook into the environment of a command that the caller runs.
    pub fn attach(&self, command: &mut Command, variables: &Variables) {
        command
            .env_remove("PYTHON_GIL")
            .env("PYTHONPATH", self.python_path(variables));
    }

    /// Reads what interpreters with the hook have reported until now. Those without it are not
    /// looked for.
    #[must_use]
    pub fn reported(&self) -> GilReport {
        let report = std::fs::read(self.directory.join("report")).unwrap_or_default();
        GilReport::parse(&String::from_utf8_lossy(&report))
    }

    /// Added to PYTHONPATH and removed again by the hook: `DIR` alone means that the variable was
    /// unset, `DIR:DIR` that it was empty.
    fn python_path(&self, variables: &Variables) -> OsString {
        let mut path = self.directory.as_os_str().to_owned();
        let own = if variables.has_empty_path {
            Some(path.clone())
        } else {
            variables.path.clone()
        };
        if let Some(own) = own {
            path.push(":");
            path.push(own);
        }
        path
    }

    fn write(&self, name: &str, text: &str) -> Result<(), IoFailure> {
        let path = self.directory.join(name);
        std::fs::write(&path, text).map_err(IoFailure::at("write", path))
    }
}
