//! A private directory for reports, the variables of the runtimes, and an address space in which
//! they can work.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{addresses, files};
use crate::sanitizer::options::{Given, Sanitizer, options};
use crate::sanitizer::report::{Finding, Report, complaints, fold, parse};
use crate::sanitizer::suppressions::{Kind as Suppressed, of_sanitizer, unknown};
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

impl Wish<'_> {
    /// The person's own value of a runtime's variable.
    fn said(&self, variable: &str) -> Option<&str> {
        let said = self.options.iter().find(|(name, _)| *name == variable);
        said.map(|(_, value)| value.as_str())
    }
}

/// A run that can begin. Its directory is gone when this is dropped.
#[derive(Debug)]
pub struct Prepared {
    directory: PathBuf,
    sanitizers: Vec<Sanitizer>,
    variables: Vec<(&'static str, String)>,
    /// What stands in the way of finding anything, each a sentence.
    pub obstacles: Vec<String>,
    /// Whether the reports go where the person wants them, and so are not looked at here.
    pub is_blind: bool,
}

/// What a run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was reported in all processes, each once.
    pub findings: Vec<Finding>,
    /// In how many processes.
    pub processes: usize,
    /// What the runtimes said that is no report: that they could not work.
    pub complaints: Vec<String>,
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
            is_blind: false,
        };
        let own = own_suppressions(wish.suppressions)?;
        prepared.set_variables(prefix, wish, &own)?;
        prepared.set_leaks(wish, &own)?;
        prepared.make_room();
        Ok(Some(prepared))
    }

    fn set_variables(&mut self, prefix: &Path, wish: &Wish<'_>, own: &str) -> Result<()> {
        let symbolizer = symbolizer(wish.path);
        if symbolizer.is_none() {
            let text = "there is no llvm-symbolizer: reports have no functions and lines";
            self.obstacles.push(text.to_owned());
        }
        for sanitizer in self.sanitizers.clone() {
            let suppressions = self.suppressions(sanitizer, prefix, own)?;
            let given = Given {
                log: &self.directory.join("log"),
                suppressions: suppressions.as_deref(),
                symbolizer: symbolizer.as_deref(),
                halts: wish.halts,
            };
            let variable = sanitizer.variable();
            let said = wish.said(variable);
            if said.is_some_and(|said| said.contains("log_path")) {
                let text = format!("{variable} has a log_path: the reports go there");
                self.obstacles.push(text);
                self.is_blind = true;
            }
            self.variables
                .push((variable, options(sanitizer, &given, said)));
        }
        Ok(())
    }

    /// One file of all suppressions of a runtime: CPython's own, and the person's.
    fn suppressions(
        &self,
        sanitizer: Sanitizer,
        prefix: &Path,
        own: &str,
    ) -> Result<Option<PathBuf>> {
        let kind = match sanitizer {
            Sanitizer::Thread => Suppressed::Thread,
            Sanitizer::Address => Suppressed::Address,
            Sanitizer::Undefined => Suppressed::Undefined,
        };
        let cpython = suppressions_file(prefix, sanitizer.flavour());
        let cpython = std::fs::read_to_string(cpython).unwrap_or_default();
        let text = format!("{cpython}\n{}", of_sanitizer(own, kind));
        self.write_suppressions(sanitizer.flavour(), &text)
    }

    /// Leaks have a variable of their own, and are looked for only if the person turns that on.
    fn set_leaks(&mut self, wish: &Wish<'_>, own: &str) -> Result<()> {
        if !self.sanitizers.contains(&Sanitizer::Address) {
            return Ok(());
        }
        let text = of_sanitizer(own, Suppressed::Leak);
        let Some(path) = self.write_suppressions("lsan", &text)? else {
            return Ok(());
        };
        const VARIABLE: &str = "LSAN_OPTIONS";
        let said = wish.said(VARIABLE).unwrap_or("");
        let value = format!("suppressions=\"{}\" {said}", path.display());
        self.variables.push((VARIABLE, value));
        Ok(())
    }

    /// Writes a file of suppressions, unless there are none.
    fn write_suppressions(&self, runtime: &str, text: &str) -> Result<Option<PathBuf>> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let path = self.directory.join(format!("suppressions.{runtime}"));
        std::fs::write(&path, text).map_err(IoFailure::at("write", &path))?;
        Ok(Some(path))
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

    /// What was reported in all processes.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn found(&self) -> Result<Found> {
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
        let mut said: Vec<String> = Vec::new();
        for process in processes {
            let path = self.directory.join(format!("log.{process}"));
            let text = std::fs::read(&path).map_err(IoFailure::at("read", &path))?;
            let text = String::from_utf8_lossy(&text);
            let found = self.reports_of(&process, &text);
            reporting += usize::from(!found.is_empty());
            reports.extend(found);
            said.extend(complaints(&text));
        }
        said.dedup();
        Ok(Found {
            findings: fold(reports),
            processes: reporting,
            complaints: said,
        })
    }

    fn reports_of(&self, process: &str, text: &str) -> Vec<Report> {
        let mut found = parse(text);
        let stacks = self.directory.join(format!("python.{process}"));
        let stacks = std::fs::read(stacks).unwrap_or_default();
        let stacks = python_stacks(&String::from_utf8_lossy(&stacks));
        // One for each report, in their order; anything else belongs to nobody knows which.
        if stacks.len() == found.len() {
            for (report, stack) in found.iter_mut().zip(stacks) {
                report.python = stack;
            }
        }
        found
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The person's suppressions, of all files together. A line that no runtime knows is an error.
fn own_suppressions(paths: &[PathBuf]) -> Result<String> {
    let mut all = String::new();
    for path in paths {
        let text = std::fs::read_to_string(path)
            .map_err(|error| IoFailure::at("read", path)(error).outside_store())?;
        if let Some((line, what)) = unknown(&text) {
            let place = path.display();
            let message = format!("{place}:{line}: `{what}` is no suppression of a sanitizer");
            return Err(Failure::new(Kind::Usage, message)
                .hint("a line is `race:NAME`, `leak:NAME`, `signed-integer-overflow:NAME`, ..."));
        }
        all += &format!("{text}\n");
    }
    Ok(all)
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
