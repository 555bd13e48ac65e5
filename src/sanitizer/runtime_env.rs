//! A private directory for reports, the variables of the runtimes, and an address space in which
//! they can work.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{aslr, fs};
use crate::sanitizer::instrumentation;
use crate::sanitizer::options::{Given, Sanitizer, options, without};
use crate::sanitizer::report::{Complaint, Finding, SanitizerReport, complaints, fold, parse};
use crate::sanitizer::summary::{nobody, python_stacks};
use crate::sanitizer::suppressions::{SuppressionKind, of_sanitizer, unknown};
use crate::store::suppressions_file;
use ftpy_core::flavour::Flavours;
use ftpy_core::path::find_program;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the person wants of the run.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeOptions<'a> {
    /// `--suppressions`
    pub suppressions: &'a [PathBuf],
    /// `--halt-on-error`
    pub halts: bool,
    /// Whether it is a free-threaded build, whose memory of Python's own is never malloc's.
    pub is_free_threaded: bool,
    /// The person's own `TSAN_OPTIONS` and their kin.
    pub options: &'a [(&'static str, String)],
    /// The value of PATH, on which a symbolizer is looked for.
    pub path: &'a OsStr,
    /// Where the run begins.
    pub directory: &'a Path,
}

impl RuntimeOptions<'_> {
    /// The person's own value of a runtime's variable.
    fn said(&self, variable: &str) -> Option<&str> {
        let said = self.options.iter().find(|(name, _)| *name == variable);
        said.map(|(_, value)| value.as_str())
    }

    /// The person's own value of a runtime's variable without its suppressions, and these. The
    /// runtime reads one file only: theirs would be instead of CPython's list.
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

/// A run that can begin. Its directory is gone when this is dropped.
#[derive(Debug)]
pub struct Prepared {
    directory: PathBuf,
    /// Of the installation.
    prefix: PathBuf,
    sanitizers: Vec<Sanitizer>,
    variables: Vec<(&'static str, String)>,
    /// What stands in the way of finding anything, each a sentence.
    pub obstacles: Vec<String>,
    /// The variable by which the person sends reports elsewhere: they are not looked at here.
    pub log_elsewhere: Option<&'static str>,
}

/// What a run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitizerFindings {
    /// What was reported in all processes, each once.
    pub findings: Vec<Finding>,
    /// In how many processes.
    pub processes: usize,
    /// What the runtimes said that is no report: that they could not work.
    pub complaints: Vec<Complaint>,
    /// How many processes of a Python with the sanitizer there were, if they say so.
    pub alive: Option<usize>,
    /// What these had loaded for Python that was compiled without the sanitizer.
    pub not_instrumented: Vec<PathBuf>,
}

impl SanitizerFindings {
    /// Whether the run is one with errors: something was found, or a runtime ended a process.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        !self.findings.is_empty() || self.complaints.iter().any(|one| one.is_end)
    }
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
        wish: &RuntimeOptions<'_>,
    ) -> Result<Option<Self>> {
        let sanitizers: Vec<Sanitizer> = Sanitizer::of(flavours).collect();
        if sanitizers.is_empty() {
            return Ok(None);
        }
        let directory = temporary.join(format!("ftpy-reports-{:016x}", fastrand::u64(..)));
        fs::create_private(&directory)
            .map_err(IoFailure::at("create", &directory))
            .map_err(|error| Failure::from(error).hint("set TMPDIR to a directory of yours"))?;
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
            let text = "there is no llvm-symbolizer: reports have no functions and lines";
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
                let text = format!("{variable} has a log_path: the reports go there");
                self.obstacles.push(text);
                self.log_elsewhere = Some(variable);
            }
            self.variables
                .push((variable, options(sanitizer, &given, said.as_deref())));
        }
        Ok(())
    }

    /// One file of all suppressions of a runtime: CPython's own, and the person's.
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

    /// What lies between two blocks of mimalloc's is nobody's, and not guarded: Python's own checks
    /// find a write there when the block is given back, and abort.
    fn guard_blocks(&mut self, wish: &RuntimeOptions<'_>) {
        const VARIABLE: &str = "PYTHONMALLOC";
        let is_blind = wish.is_free_threaded && self.sanitizers.contains(&Sanitizer::Address);
        if is_blind && wish.said(VARIABLE).is_none() {
            self.variables.push((VARIABLE, "debug".to_owned()));
        }
    }

    /// Leaks have a variable of their own, and are looked for only if the person turns that on.
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

    /// Fixed addresses, and as many as they want. Both pass on to what is started from here.
    fn make_room(&mut self) {
        if let Err(reason) = aslr::ensure_fixed() {
            self.obstacles.push(format!(
                "addresses stay random, as this machine forbids to change that: {reason}"
            ));
        }
        if let Err(reason) = aslr::ensure_unlimited() {
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

    /// The sentence after a run in which no process had the sanitizer.
    #[must_use]
    pub fn nobody(&self, program: &Path) -> String {
        let mut begins = Vec::new();
        if let Ok(file) = std::fs::File::open(program) {
            let _ = file.take(256).read_to_end(&mut begins);
        }
        let begins = String::from_utf8_lossy(&begins).into_owned();
        let key = self.prefix.file_name().unwrap_or_default();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        nobody(
            &self.names(),
            &key.to_string_lossy(),
            &name,
            begins.lines().next(),
        )
    }

    /// What was reported in all processes.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn found(&self) -> Result<SanitizerFindings> {
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
        // Of leaks there are none.
        let noticed = found.iter_mut().filter(|one| !one.is_leak());
        let noticed: Vec<&mut SanitizerReport> = noticed.collect();
        let stacks = python_stacks(&String::from_utf8_lossy(&stacks), noticed.len());
        for (report, stack) in noticed.into_iter().zip(stacks) {
            report.python = stack;
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
