//! A private directory for reports, the variables of the runtimes, and an address space in which
//! they can work.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{addresses, files};
use crate::sanitizer::options::{Given, Sanitizer, options};
use crate::sanitizer::report::{Finding, Report, fold, parse};
use crate::sanitizer::told::python_stacks;
use crate::store::suppressions_file;
use ftpy_shims::flavour::Flavours;
use ftpy_shims::path::find_program;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the person wants of the run.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// `--suppressions`
    pub suppressions: &'a [PathBuf],
    /// `--halt-on-error`
    pub halts: bool,
    /// The person's own `TSAN_OPTIONS` and their kin.
    pub options: &'a [(&'static str, String)],
    /// The value of PATH, on which a symbolizer is looked for.
    pub path: &'a OsStr,
}

/// A run that can begin. Its directory is gone when this is dropped.
#[derive(Debug)]
pub struct Prepared {
    directory: PathBuf,
    sanitizers: Vec<Sanitizer>,
    variables: Vec<(&'static str, String)>,
    /// What stands in the way of finding anything, each a sentence.
    pub obstacles: Vec<String>,
}

impl Prepared {
    /// Prepares a run with the installation at `prefix`; `None` where it has no sanitizer.
    ///
    /// # Errors
    /// Where suppressions cannot be read, or the directory cannot be written.
    pub fn new(
        flavours: &Flavours,
        prefix: &Path,
        temporary: &Path,
        wish: &Wish<'_>,
    ) -> Result<Option<Self>> {
        let sanitizers: Vec<Sanitizer> = Sanitizer::of(flavours).collect();
        if sanitizers.is_empty() {
            return Ok(None);
        }
        let directory = temporary.join(format!("ftpy-reports-{:016x}", fastrand::u64(..)));
        files::create_private(&directory)
            .map_err(IoFailure::at("create", &directory))
            .map_err(|error| Failure::from(error).hint("set TMPDIR to a directory of yours"))?;
        let mut prepared = Self {
            directory,
            sanitizers,
            variables: Vec::new(),
            obstacles: Vec::new(),
        };
        prepared.set_variables(prefix, wish)?;
        prepared.make_room();
        Ok(Some(prepared))
    }

    fn set_variables(&mut self, prefix: &Path, wish: &Wish<'_>) -> Result<()> {
        let symbolizer = symbolizer(wish.path);
        if symbolizer.is_none() {
            let text = "there is no llvm-symbolizer: reports have no functions and lines";
            self.obstacles.push(text.to_owned());
        }
        for sanitizer in self.sanitizers.clone() {
            let suppressions = self.suppressions(sanitizer, prefix, wish.suppressions)?;
            let given = Given {
                log: &self.directory.join("log"),
                suppressions: suppressions.as_deref(),
                symbolizer: symbolizer.as_deref(),
                halts: wish.halts,
            };
            let variable = sanitizer.variable();
            let own = wish.options.iter().find(|(name, _)| *name == variable);
            let own = own.map(|(_, value)| value.as_str());
            if own.is_some_and(|own| own.contains("log_path")) {
                let text = format!("{variable} has a log_path: the reports go there");
                self.obstacles.push(text);
            }
            self.variables
                .push((variable, options(sanitizer, &given, own)));
        }
        Ok(())
    }

    /// One file of all suppressions: CPython's own, and the person's.
    fn suppressions(
        &self,
        sanitizer: Sanitizer,
        prefix: &Path,
        own: &[PathBuf],
    ) -> Result<Option<PathBuf>> {
        let cpython = suppressions_file(prefix, sanitizer.flavour());
        let mut text = std::fs::read_to_string(cpython).unwrap_or_default();
        for path in own {
            let more = std::fs::read_to_string(path)
                .map_err(|error| IoFailure::at("read", path)(error).outside_store())?;
            text += &format!("\n{more}");
        }
        if text.trim().is_empty() {
            return Ok(None);
        }
        let name = format!("suppressions.{}", sanitizer.flavour());
        let merged = self.directory.join(name);
        std::fs::write(&merged, text).map_err(IoFailure::at("write", &merged))?;
        Ok(Some(merged))
    }

    /// Fixed addresses, and as many as they want. Both pass on to what is started from here.
    fn make_room(&mut self) {
        if let Err(reason) = addresses::ensure_fixed() {
            self.obstacles.push(format!(
                "addresses stay random, as this machine forbids to change that: {reason}"
            ));
        }
        if let Err(reason) = addresses::ensure_unlimited() {
            let text = format!("the address space is limited, and may not be enough: {reason}");
            self.obstacles.push(text);
        }
    }

    /// Puts what was prepared into a command's environment.
    pub fn apply(&self, command: &mut Command) {
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("FTPY_REPORT_STACKS", self.directory.join("python"))
            // The symbolizer would ask a server for every library, and hang.
            .env_remove("DEBUGINFOD_URLS");
    }

    /// `ThreadSanitizer`, `AddressSanitizer and UndefinedBehaviorSanitizer`
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.sanitizers.iter().map(|one| one.name()).collect();
        names.join(" and ")
    }

    /// What was reported in all processes, each once; and in how many processes.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn findings(&self) -> Result<(Vec<Finding>, usize)> {
        let directory = &self.directory;
        let entries = std::fs::read_dir(directory).map_err(IoFailure::at("read", directory))?;
        let mut processes: Vec<String> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                name.strip_prefix("log.").map(str::to_owned)
            })
            .collect();
        processes.sort();
        let mut reports: Vec<Report> = Vec::new();
        let mut reporting = 0;
        for process in processes {
            let found = self.reports_of(&process)?;
            reporting += usize::from(!found.is_empty());
            reports.extend(found);
        }
        Ok((fold(reports), reporting))
    }

    fn reports_of(&self, process: &str) -> Result<Vec<Report>> {
        let path = self.directory.join(format!("log.{process}"));
        let text = std::fs::read(&path).map_err(IoFailure::at("read", &path))?;
        let mut found = parse(&String::from_utf8_lossy(&text));
        let stacks = self.directory.join(format!("python.{process}"));
        let stacks = std::fs::read(stacks).unwrap_or_default();
        let stacks = python_stacks(&String::from_utf8_lossy(&stacks));
        // One for each report, in their order; anything else belongs to nobody knows which.
        if stacks.len() == found.len() {
            for (report, stack) in found.iter_mut().zip(stacks) {
                report.python = stack;
            }
        }
        Ok(found)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What turns addresses into lines; of any version, and also where Debian keeps them.
fn symbolizer(path: &OsStr) -> Option<PathBuf> {
    let numbers = (11..=40).rev();
    find_program(path, "llvm-symbolizer").or_else(|| {
        numbers.into_iter().find_map(|number| {
            let own = PathBuf::from(format!("/usr/lib/llvm-{number}/bin/llvm-symbolizer"));
            find_program(path, format!("llvm-symbolizer-{number}"))
                .or_else(|| own.exists().then_some(own))
        })
    })
}

/// The failure of a switch that only sanitizers know, for a build that has none.
#[must_use]
pub fn needs_sanitizer(switch: &str, key: &str) -> Failure {
    let message = format!("{switch}: {key} has no sanitizer");
    Failure::new(Kind::Usage, message).hint("ask for one that has: `3.14t+tsan`, `3.14t+asan`")
}
