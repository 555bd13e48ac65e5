//! Runs a command with the hook in front of every Python, and waits for it as if ftpy were
//! not there.

use crate::env::Variables;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::gil::ask::ask;
use crate::gil::report::GilReport;
#[cfg(target_os = "linux")]
use crate::gil::tree::Tree;
use crate::gil::unwatched::unwatched;
use crate::host::foreground_child::run_to_end;
use crate::host::fs;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// Found by every Python that starts, before the person's own.
const HOOK: &str = include_str!("sitecustomize.py");

/// A private directory with the hook and what it writes; gone when dropped.
#[derive(Debug)]
pub struct Watch {
    directory: PathBuf,
}

/// How the command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its process.
    pub pid: u32,
    /// Its exit code or signal.
    pub status: ExitStatus,
    /// What the interpreters said.
    pub report: GilReport,
}

impl Watch {
    /// Makes the directory, below one for temporary files.
    ///
    /// # Errors
    /// Where it cannot be written, or cannot stand in PYTHONPATH.
    pub fn new(temporary: &Path) -> Result<Self> {
        let directory = temporary.join(format!("ftpy-nogil-{:016x}", fastrand::u64(..)));
        if directory.to_str().is_none_or(|path| path.contains(':')) {
            let place = temporary.display();
            let message =
                format!("{place} cannot stand in PYTHONPATH: it has a colon or is no text");
            return Err(Failure::new(Kind::System, message).hint("set TMPDIR to another directory"));
        }
        fs::create_private(&directory)
            .map_err(IoFailure::at("create", &directory))
            .map_err(|error| {
                Failure::from(error).hint("set TMPDIR to a directory that you can write")
            })?;
        let watch = Self { directory };
        watch.write("sitecustomize.py", HOOK)?;
        watch.write("report", "")?;
        Ok(watch)
    }

    /// Runs the command to its end. Its environment becomes the hook's.
    ///
    /// # Errors
    /// Where it cannot be started. How it ends is no error.
    pub fn run(&self, mut command: Command, variables: &Variables) -> Result<Ended> {
        command
            .env_remove("PYTHON_GIL")
            .env("PYTHONPATH", self.python_path(variables));
        #[cfg(target_os = "linux")]
        let tree = Tree::start(&self.directory);
        let (pid, status) = run_to_end(command)?;
        #[cfg(target_os = "linux")]
        let images = tree.map_or_else(Vec::new, Tree::finish);
        #[cfg(not(target_os = "linux"))]
        let images = Vec::new();
        let report = std::fs::read(self.directory.join("report")).unwrap_or_default();
        let mut report = GilReport::parse(&String::from_utf8_lossy(&report));
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

    /// The hook takes out again what is put in here: `DIR` alone stands for a variable that is
    /// not set, `DIR:DIR` for an empty one.
    fn python_path(&self, variables: &Variables) -> OsString {
        let mut path = self.directory.clone().into_os_string();
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

impl Drop for Watch {
    fn drop(&mut self) {
        // A process that outlives the command may still write: it opens nothing anew.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
