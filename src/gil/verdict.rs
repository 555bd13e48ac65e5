//! Judges a report: which interpreters count, where the GIL was on, and which modules turned it on.
//! Pure.

use crate::gil::report::{GilReport, Load, Process, Step};
use crate::gil::seen::{Unwatched, Why};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The result of loading a module again separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayAnswer {
    /// It turns the GIL on.
    TurnsOn,
    /// It does not turn the GIL on.
    LeavesOff,
    /// It cannot be loaded separately, or loads others that turn the GIL on.
    Unclear,
}

/// Results by module and file.
pub type Answers = BTreeMap<(String, String), ReplayAnswer>;

/// Modules to load again with one interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspects {
    /// `sys.executable`
    pub executable: String,
    /// `sys.path`
    pub path: Vec<String>,
    /// The directory it was started in.
    pub directory: String,
    /// Modules and files, in load order.
    pub modules: Vec<(String, String)>,
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// `gil-off`: off in every interpreter that counts.
    GilOff,
    /// `gil-on`: on in at least one.
    GilOn,
    /// `unchecked`: nothing reported, or the reports are inconclusive.
    Unchecked,
}

/// An interpreter that reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// The process id.
    pub pid: u32,
    /// `sys.executable`
    pub executable: String,
    /// `3.14.7`
    pub version: String,
    /// Whether it is a free-threaded build.
    pub gil_disabled_build: bool,
    /// Whether the GIL was on at exit; `None` if unknown.
    pub gil_enabled_at_exit: Option<bool>,
    /// Whether it affects the verdict: helpers that are GIL builds do not.
    pub counts: bool,
    /// The explicit setting, whatever is loaded.
    #[serde(skip)]
    pub asked_on: Option<bool>,
}

/// A module that turned the GIL on, or may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offender {
    /// The process that loaded it first.
    pub pid: u32,
    /// `package.module`
    pub module: String,
    /// The file.
    pub file: String,
    /// The import chain, outermost first.
    pub chain: Vec<Step>,
    /// Whether it turned the GIL on in its process; for the others it was on already.
    pub first: bool,
}

/// A Python that could not be watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Its process id; if unknown, that of its parent.
    pub pid: u32,
    /// Whether `pid` is that of its parent.
    #[serde(skip)]
    pub is_child_of: bool,
    /// Its executable.
    pub executable: String,
    /// Why it could not be watched.
    pub why: Why,
    /// Whether it affects the verdict: helpers that are GIL builds do not.
    pub counts: bool,
}

/// The complete result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Every interpreter that reported.
    pub interpreters: Vec<Interpreter>,
    /// Every module that turns the GIL on, in load order.
    pub offenders: Vec<Offender>,
    /// Modules that may have turned the GIL on.
    pub unclear: Vec<Offender>,
    /// Every Python that ran without the hook, or longer than the command.
    pub unwatched: Vec<Unseen>,
    /// The verdict.
    pub verdict: Verdict,
}

/// The modules to load again before [`judge`] can decide, by interpreter; empty if the GIL was off
/// or explicitly on.
#[must_use]
pub fn suspects(report: &GilReport) -> Vec<Suspects> {
    let mut found: Vec<Suspects> = Vec::new();
    let doubtful = report.processes.iter().filter(|one| one.is_doubtful());
    for process in doubtful.filter(|process| !process.loads.is_empty()) {
        let known = found
            .iter()
            .position(|known| known.executable == process.executable);
        let number = known.unwrap_or_else(|| {
            found.push(Suspects {
                executable: process.executable.clone(),
                path: Vec::new(),
                directory: process.directory.clone(),
                modules: Vec::new(),
            });
            found.len() - 1
        });
        found[number].add(process);
    }
    found
}

impl Suspects {
    fn add(&mut self, process: &Process) {
        for entry in process.path.split('\0').map(str::to_owned) {
            if !self.path.contains(&entry) {
                self.path.push(entry);
            }
        }
        for load in &process.loads {
            let key = load.key();
            if !self.modules.contains(&key) {
                self.modules.push(key);
            }
        }
    }
}

/// Judges a report. `direct` is the process that ftpy started.
#[must_use]
pub fn judge(report: &GilReport, direct: u32, answers: &Answers) -> Judgement {
    let interpreters = interpreters(report, direct, answers);
    let unwatched: Vec<Unseen> = report
        .unwatched
        .iter()
        .map(|one| Unseen {
            pid: one.pid,
            is_child_of: one.is_child_of,
            executable: one.executable.clone(),
            why: one.why.clone(),
            // A GIL build that counts is among the interpreters.
            counts: !one.is_gil_build(),
        })
        .collect();
    let counted = || interpreters.iter().filter(|one| one.counts);
    let verdict = if counted().any(|one| one.gil_enabled_at_exit == Some(true)) {
        Verdict::GilOn
    } else if unwatched.iter().any(|one| one.counts)
        || counted().next().is_none()
        || counted().any(|one| one.gil_enabled_at_exit.is_none())
    {
        Verdict::Unchecked
    } else {
        Verdict::GilOff
    };
    let (offenders, unclear) = offenders(report, answers);
    Judgement {
        interpreters,
        offenders,
        unclear,
        unwatched,
        verdict,
    }
}

/// All interpreters that reported, and GIL builds that did not: their state is known anyway.
fn interpreters(report: &GilReport, direct: u32, answers: &Answers) -> Vec<Interpreter> {
    let processes = &report.processes;
    let may_be_free = |one: &&Unwatched| !one.is_gil_build();
    let is_any_free = processes.iter().any(|process| process.is_free_threaded)
        || report.unwatched.iter().any(|one| may_be_free(&one));
    let became = |one: &Unwatched| one.pid == direct && one.is_last && !one.is_child_of;
    // The command itself may have become one that did not report.
    let last_direct = match report.unwatched.iter().any(became) {
        true => None,
        false => processes.iter().rposition(|process| process.pid == direct),
    };
    let reported = processes
        .iter()
        .enumerate()
        .map(|(number, process)| Interpreter {
            pid: process.pid,
            executable: process.executable.clone(),
            version: process.version.clone(),
            gil_disabled_build: process.is_free_threaded,
            gil_enabled_at_exit: process.was_on_at_exit(answers),
            // A tool started by some program may use any Python. The command itself, or the only
            // Python in the run, is what was to be checked.
            counts: process.is_free_threaded || !is_any_free || last_direct == Some(number),
            asked_on: process.asked_on,
        });
    let others = report.unwatched.iter().filter(|one| one.is_gil_build());
    let others = others
        .filter(|one| one.why != Why::Running)
        .map(|one| Interpreter {
            pid: one.pid,
            executable: one.executable.clone(),
            version: one
                .build
                .as_ref()
                .map_or_else(String::new, |build| build.version.clone()),
            gil_disabled_build: false,
            gil_enabled_at_exit: Some(true),
            counts: !is_any_free || became(one),
            asked_on: None,
        });
    reported.chain(others).collect()
}

/// The modules that turned the GIL on or may have.
fn offenders(report: &GilReport, answers: &Answers) -> (Vec<Offender>, Vec<Offender>) {
    let mut offenders = Vec::new();
    let mut unclear = Vec::new();
    let mut seen = BTreeSet::new();
    for process in &report.processes {
        let first = process.first_offender(answers).map(Load::key);
        for load in &process.loads {
            let list = match process.answer(load, answers) {
                ReplayAnswer::TurnsOn => &mut offenders,
                ReplayAnswer::Unclear if process.is_doubtful() => &mut unclear,
                _ => continue,
            };
            if seen.insert(load.key()) {
                list.push(Offender {
                    pid: process.pid,
                    module: load.module.clone(),
                    file: load.file.clone(),
                    chain: load.chain.clone(),
                    first: first == Some(load.key()),
                });
            }
        }
    }
    (offenders, unclear)
}

impl Load {
    fn key(&self) -> (String, String) {
        (self.module.clone(), self.file.clone())
    }
}

impl Process {
    /// Whether its modules must be judged because its final state is unknown.
    fn is_doubtful(&self) -> bool {
        self.is_free_threaded && self.asked_on.is_none() && self.ended_on != Some(false)
    }

    fn answer(&self, load: &Load, answers: &Answers) -> ReplayAnswer {
        if !self.is_doubtful() {
            return ReplayAnswer::LeavesOff;
        }
        *answers.get(&load.key()).unwrap_or(&ReplayAnswer::Unclear)
    }

    fn was_on_at_exit(&self, answers: &Answers) -> Option<bool> {
        if !self.is_free_threaded || self.started_on {
            return Some(true);
        }
        if self.ended_on.is_some() {
            return self.ended_on;
        }
        // It was killed or exited without a report, so its modules decide.
        let said = |answer| {
            let mut loads = self.loads.iter();
            loads.any(|load| self.answer(load, answers) == answer)
        };
        match (said(ReplayAnswer::TurnsOn), said(ReplayAnswer::Unclear)) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }

    /// The module that turned the GIL on: nothing after it was loaded with the GIL off. A module
    /// that imports another while being created comes after that one.
    fn first_offender(&self, answers: &Answers) -> Option<&Load> {
        let is_offender = |load: &&Load| self.answer(load, answers) == ReplayAnswer::TurnsOn;
        let last_off = self.loads.iter().rposition(|load| !load.was_on);
        let after = &self.loads[last_off.unwrap_or(0)..];
        // Another thread may have begun to load it before the last one.
        let mut first = after
            .iter()
            .find(is_offender)
            .or_else(|| self.loads.iter().rfind(is_offender))?;
        while let Some(inner) = after.iter().filter(is_offender).find(|load| {
            let mut chain = load.chain.iter();
            chain.any(|step| step.is_being_created && step.module == first.module)
        }) {
            first = inner;
        }
        Some(first)
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
