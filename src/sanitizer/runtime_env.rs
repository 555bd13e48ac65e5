//! Prepares a run: a private directory for reports, the variables of the runtimes, and a suitable
//! address space.

use crate::error::{Failure, IoFailure, Result};
use crate::host::aslr;
use crate::host::private_dir::PrivateDir;
use crate::sanitizer::error::SanitizerError;
use crate::sanitizer::instrumentation;
use crate::sanitizer::options::{Given, Sanitizer, options, without};
use crate::sanitizer::report::{Complaint, Finding, SanitizerReport, complaints, fold, parse};
use crate::sanitizer::summary::{no_instrumented_process, python_stacks};
use crate::sanitizer::suppressions::{SuppressionKind, of_sanitizer, unknown};
use crate::store::suppressions_file;
use ftpy_core::flavour::Flavours;
use ftpy_core::path::find_program;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The options of a run.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeOptions<'a> {
    /// `--suppressions`
    pub suppressions: &'a [PathBuf],
    /// `--halt-on-error`
    pub halts: bool,
    /// Whether it is a free-threaded build, whose allocator is never malloc.
    pub is_free_threaded: bool,
    /// The user's own `TSAN_OPTIONS` and similar variables.
    pub options: &'a [(&'static str, String)],
    /// The value of PATH, for finding a symbolizer.
    pub path: &'a OsStr,
    /// The working directory.
    pub directory: &'a Path,
}

impl RuntimeOptions<'_> {
    /// The user's own value of a runtime's variable.
    fn said(&self, variable: &str) -> Option<&str> {
        let said = self.options.iter().find(|(name, _)| *name == variable);
        said.map(|(_, value)| value.as_str())
    }

    /// The user's own value of a runtime's variable without its suppressions, and those. A runtime
    /// reads only one file, so the user's would replace CPython's list.
    fn said_apart(&self, variable: &str) -> Result<(Option<String>, String)> {
        let Some(said) = self.said(variable) else {
            return Ok((None, String::new()));
        };
        let (path, rest) = without(said, "suppressions");
        let paths: Vec<PathBuf> = path
            .map(|path| self.directory.join(path))
            .into_iter()
            .collect();
        Ok((Some(rest), own_suppressions(&paths)?))
    }
}

/// A prepared run. Its directory is removed when this is dropped.
#[derive(Debug)]
pub struct Prepared {
    directory: PrivateDir,
    /// The prefix of the installation.
    prefix: PathBuf,
    sanitizers: Vec<Sanitizer>,
    variables: Vec<(&'static str, String)>,
    /// Obstacles to finding anything, one message each.
    pub obstacles: Vec<String>,
    /// The variable by which the user redirects reports, which ftpy then does not collect.
    pub log_elsewhere: Option<&'static str>,
}

/// The results of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitizerFindings {
    /// The findings of all processes, without duplicates.
    pub findings: Vec<Finding>,
    /// The number of processes with reports.
    pub processes: usize,
    /// Messages of the runtimes that are not reports: they could not work.
    pub complaints: Vec<Complaint>,
    /// The number of processes with an instrumented Python, if known.
    pub alive: Option<usize>,
    /// The uninstrumented libraries that these loaded.
    pub not_instrumented: Vec<PathBuf>,
}

impl SanitizerFindings {
    /// Whether the run failed: there are findings, or a runtime ended a process.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        !self.findings.is_empty() || self.complaints.iter().any(|one| one.is_end)
    }
}

impl Prepared {
    /// Prepares a run with the installation at `prefix`; `None` if it has no sanitizer.
    ///
    /// # Errors
    /// Returns an error if suppressions cannot be read or the directory is not writable.
    pub fn new(
        flavours: &Flavours,
        prefix: &Path,
        temporary: &Path,
        wish: &RuntimeOptions<'_>,
    ) -> Result<Option<Self>> {
        let sanitizers: Vec<Sanitizer> = Sanitizer::of(flavours).collect();
        if sanitizers.is_empty() {
            return Ok(None);
        }
        let directory = PrivateDir::new(temporary, "reports")
            .map_err(|error| Failure::from(error).hint("set TMPDIR to a writable directory"))?;
        let mut prepared = Self {
            directory,
            prefix: prefix.to_owned(),
            sanitizers,
            variables: Vec::new(),
            obstacles: Vec::new(),
            log_elsewhere: None,
        };
        let own = own_suppressions(wish.suppressions)?;
        prepared.set_variables(wish, &own)?;
        prepared.set_leaks(wish, &own)?;
        prepared.guard_blocks(wish);
        prepared.make_room();
        Ok(Some(prepared))
    }

    fn set_variables(&mut self, wish: &RuntimeOptions<'_>, own: &str) -> Result<()> {
        let symbolizer = symbolizer(wish.path);
        if symbolizer.is_none() {
            let text = "llvm-symbolizer not found: reports lack functions and lines";
            self.obstacles.push(text.to_owned());
        }
        for sanitizer in self.sanitizers.clone() {
            let variable = sanitizer.variable();
            let (said, more) = wish.said_apart(variable)?;
            let suppressions = self.suppressions(sanitizer, &format!("{own}{more}"))?;
            let given = Given {
                log: &self.directory.join("log"),
                suppressions: suppressions.as_deref(),
                symbolizer: symbolizer.as_deref(),
                halts: wish.halts,
            };
            if said
                .as_deref()
                .is_some_and(|said| said.contains("log_path"))
            {
                let text = format!("reports go to the log_path in {variable}");
                self.obstacles.push(text);
                self.log_elsewhere = Some(variable);
            }
            self.variables
                .push((variable, options(sanitizer, &given, said.as_deref())));
        }
        Ok(())
    }

    /// Writes the suppressions of a runtime to one file: CPython's own and the user's.
    fn suppressions(&self, sanitizer: Sanitizer, own: &str) -> Result<Option<PathBuf>> {
        let kind = match sanitizer {
            Sanitizer::Thread => SuppressionKind::Thread,
            Sanitizer::Address => SuppressionKind::Address,
            Sanitizer::Undefined => SuppressionKind::Undefined,
        };
        let cpython = suppressions_file(&self.prefix, sanitizer.flavour());
        let cpython = std::fs::read_to_string(cpython).unwrap_or_default();
        let text = format!("{cpython}\n{}", of_sanitizer(own, kind));
        self.write_suppressions(sanitizer.flavour(), &text)
    }

    /// mimalloc's blocks have no guarded gap between them, so Python's own checks are enabled: they
    /// find a write past a block when it is freed, and abort.
    fn guard_blocks(&mut self, wish: &RuntimeOptions<'_>) {
        const VARIABLE: &str = "PYTHONMALLOC";
        let is_blind = wish.is_free_threaded && self.sanitizers.contains(&Sanitizer::Address);
        if is_blind && wish.said(VARIABLE).is_none() {
            self.variables.push((VARIABLE, "debug".to_owned()));
        }
    }

    /// Leaks have a variable of their own and are only reported if the user enables that.
    fn set_leaks(&mut self, wish: &RuntimeOptions<'_>, own: &str) -> Result<()> {
        if !self.sanitizers.contains(&Sanitizer::Address) {
            return Ok(());
        }
        const VARIABLE: &str = "LSAN_OPTIONS";
        let (said, more) = wish.said_apart(VARIABLE)?;
        let text = of_sanitizer(&format!("{own}{more}"), SuppressionKind::Leak);
        let Some(path) = self.write_suppressions("lsan", &text)? else {
            return Ok(());
        };
        let said = said.unwrap_or_default();
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

    /// Disables address randomisation and lifts the limit of the address space, also for child
    /// processes.
    fn make_room(&mut self) {
        if let Err(reason) = aslr::ensure_fixed() {
            self.obstacles
                .push(format!("cannot disable address randomisation: {reason}"));
        }
        if let Err(reason) = aslr::ensure_unlimited() {
            let text = format!("the address space is limited and may be too small: {reason}");
            self.obstacles.push(text);
        }
    }

    /// Adds the prepared variables to a command's environment.
    pub fn apply(&self, command: &mut Command) {
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("FTPY_REPORT_STACKS", self.directory.join("python"))
            // The symbolizer would query a server for every library and hang.
            .env_remove("DEBUGINFOD_URLS");
    }

    /// Returns `ThreadSanitizer` or `AddressSanitizer and UndefinedBehaviorSanitizer`.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.sanitizers.iter().map(|one| one.name()).collect();
        names.join(" and ")
    }

    /// The message after a run without an instrumented process.
    #[must_use]
    pub fn no_instrumented_process(&self, program: &Path) -> String {
        let mut begins = Vec::new();
        if let Ok(file) = std::fs::File::open(program) {
            let _ = file.take(256).read_to_end(&mut begins);
        }
        let begins = String::from_utf8_lossy(&begins).into_owned();
        let key = self.prefix.file_name().unwrap_or_default();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        no_instrumented_process(
            &self.names(),
            &key.to_string_lossy(),
            &name,
            begins.lines().next(),
        )
    }

    /// Collects the reports of all processes.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be read.
    pub fn found(&self) -> Result<SanitizerFindings> {
        let directory: &Path = &self.directory;
        let entries = std::fs::read_dir(directory).map_err(IoFailure::at("read", directory))?;
        let mut processes: Vec<String> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                name.strip_prefix("log.").map(str::to_owned)
            })
            .collect();
        processes.sort();
        let alive = instrumentation::read(directory);
        let mut reports: Vec<SanitizerReport> = Vec::new();
        let mut reporting = 0;
        let mut said: Vec<Complaint> = Vec::new();
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
        for report in &mut reports {
            alive.name_modules(report);
        }
        let says_so = || instrumentation::has_sign(&self.prefix.join("bin/python3"));
        let is_known = alive.processes > 0 || says_so();
        Ok(SanitizerFindings {
            alive: is_known.then_some(alive.processes),
            not_instrumented: instrumentation::not_instrumented(
                &alive.libraries,
                &self.sanitizers,
                &self.prefix,
            ),
            findings: fold(reports),
            processes: reporting,
            complaints: said,
        })
    }

    fn reports_of(&self, process: &str, text: &str) -> Vec<SanitizerReport> {
        let mut found = parse(text);
        let stacks = self.directory.join(format!("python.{process}"));
        let stacks = std::fs::read(stacks).unwrap_or_default();
        // Leaks have none.
        let noticed = found.iter_mut().filter(|one| !one.is_leak());
        let noticed: Vec<&mut SanitizerReport> = noticed.collect();
        let stacks = python_stacks(&String::from_utf8_lossy(&stacks), noticed.len());
        for (report, stack) in noticed.into_iter().zip(stacks) {
            report.python = stack;
        }
        found
    }
}

/// Reads the user's suppressions from all files. An unknown kind is an error.
fn own_suppressions(paths: &[PathBuf]) -> Result<String> {
    let mut all = String::new();
    for path in paths {
        let text = std::fs::read_to_string(path)
            .map_err(|error| IoFailure::at("read", path)(error).outside_store())?;
        if let Some((line, what)) = unknown(&text) {
            let error = SanitizerError::NotASuppression {
                file: path.clone(),
                line,
                text: what.to_owned(),
            };
            return Err(error.into());
        }
        all += &format!("{text}\n");
    }
    Ok(all)
}

/// Finds a symbolizer of any version, including Debian's versioned locations.
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

/// The failure of a sanitizer option for a build without sanitizers.
#[must_use]
pub fn needs_sanitizer(switch: &str, key: &str) -> Failure {
    let error = SanitizerError::NoSanitizer {
        switch: switch.to_owned(),
        key: key.to_owned(),
    };
    error.into()
}
