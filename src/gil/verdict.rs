//! What a report means: who counts, where the GIL was on, and through which modules. Pure.

use crate::gil::report::{GilReport, Load, Process, Step};
use crate::gil::seen::{Unwatched, Why};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a module that was loaded again, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayAnswer {
    /// It turns the GIL on.
    TurnsOn,
    /// It does not.
    LeavesOff,
    /// It cannot be loaded alone, or loads others that turn it on.
    Unclear,
}

/// Answers by module and file.
pub type Answers = BTreeMap<(String, String), ReplayAnswer>;

/// Modules to be loaded again by one interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspects {
    /// `sys.executable`
    pub executable: String,
    /// `sys.path`
    pub path: Vec<String>,
    /// The directory in which it was started.
    pub directory: String,
    /// Module and file, in the order of the run.
    pub modules: Vec<(String, String)>,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// `gil-off`: off in every interpreter that counts.
    GilOff,
    /// `gil-on`: on in at least one.
    GilOn,
    /// `unchecked`: nobody reported, or what they reported does not tell.
    Unchecked,
}

/// An interpreter that reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// The process.
    pub pid: u32,
    /// `sys.executable`
    pub executable: String,
    /// `3.14.7`
    pub version: String,
    /// Whether it is a free-threaded build.
    pub gil_disabled_build: bool,
    /// Whether the GIL was on at its end; `None` if that cannot be told.
    pub gil_enabled_at_exit: Option<bool>,
    /// Whether it counts: a helper with a GIL of its own does not.
    pub counts: bool,
    /// What it was asked for, whatever it loads.
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
    /// Its file.
    pub file: String,
    /// Who imported it, from the outside in.
    pub chain: Vec<Step>,
    /// Whether it was the one that turned the GIL on in its process; the others found it on.
    pub first: bool,
}

/// A Python that could not be watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Its process; where that is not known, the one that started it.
    pub pid: u32,
    /// Whether `pid` is the process that started it.
    #[serde(skip)]
    pub is_child_of: bool,
    /// Its file.
    pub executable: String,
    /// Why it could not be watched.
    pub why: Why,
    /// Whether it counts: a helper with a GIL of its own does not.
    pub counts: bool,
}

/// All that is known in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Everybody who reported.
    pub interpreters: Vec<Interpreter>,
    /// Every module that turns the GIL on, in the order in which they were loaded.
    pub offenders: Vec<Offender>,
    /// Modules that could not be told apart.
    pub unclear: Vec<Offender>,
    /// Every Python that ran without the watch, or longer than it.
    pub unwatched: Vec<Unseen>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// What has to be loaded again before [`judge`] can tell; nothing where the GIL was off, or
/// on by request. One entry for each interpreter.
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

/// Judges a report. `direct` is the process that ftpy started itself.
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
            // One with a GIL is among the interpreters where it counts.
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

/// Everybody who reported, and those with a GIL that did not: of them it is known without a watch.
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
            // A tool that some program starts may be any Python. The command itself, or the
            // only one that there is, is what was to be checked.
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

/// The modules that turned the GIL on, and those that may have.
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
    /// Whether its loads say more than it did itself.
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
        // It was killed, or left without a word: what it loaded has to tell.
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

    /// The module that turned the GIL on: nothing after it was loaded with the GIL off. One
    /// that imports another while it is created itself comes after that one.
    fn first_offender(&self, answers: &Answers) -> Option<&Load> {
        let is_offender = |load: &&Load| self.answer(load, answers) == ReplayAnswer::TurnsOn;
        let last_off = self.loads.iter().rposition(|load| !load.was_on);
        let after = &self.loads[last_off.unwrap_or(0)..];
        // A thread may have begun to load it before another one's last.
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
