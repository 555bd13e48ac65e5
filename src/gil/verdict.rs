//! What a report means: who counts, where the GIL was on, and through which modules. Pure.

use crate::gil::report::{Load, Process, Report, Step};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a module that was loaded again, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It turns the GIL on.
    TurnsOn,
    /// It does not.
    LeavesOff,
    /// It cannot be loaded alone, or loads others that turn it on.
    Unclear,
}

/// Answers by module and file.
pub type Answers = BTreeMap<(String, String), Answer>;

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

/// All that is known in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// Everybody who reported.
    pub interpreters: Vec<Interpreter>,
    /// Every module that turns the GIL on, in the order in which they were loaded.
    pub offenders: Vec<Offender>,
    /// Modules that could not be told apart.
    pub unclear: Vec<Offender>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// What has to be loaded again before [`judge`] can tell; nothing where the GIL was off, or
/// on by request. One entry for each interpreter.
#[must_use]
pub fn suspects(report: &Report) -> Vec<Suspects> {
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
pub fn judge(report: &Report, direct: u32, answers: &Answers) -> Judgement {
    let processes = &report.processes;
    let is_any_free = processes.iter().any(|process| process.is_free_threaded);
    let last_direct = processes.iter().rposition(|process| process.pid == direct);
    let interpreters: Vec<Interpreter> = processes
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
        })
        .collect();
    let counted = || interpreters.iter().filter(|one| one.counts);
    let verdict = if counted().any(|one| one.gil_enabled_at_exit == Some(true)) {
        Verdict::GilOn
    } else if counted().next().is_none() || counted().any(|one| one.gil_enabled_at_exit.is_none()) {
        Verdict::Unchecked
    } else {
        Verdict::GilOff
    };
    let mut offenders = Vec::new();
    let mut unclear = Vec::new();
    let mut seen = BTreeSet::new();
    for process in processes {
        let first = process.first_offender(answers).map(Load::key);
        for load in &process.loads {
            let list = match process.answer(load, answers) {
                Answer::TurnsOn => &mut offenders,
                Answer::Unclear if process.is_doubtful() => &mut unclear,
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
    Judgement {
        interpreters,
        offenders,
        unclear,
        verdict,
    }
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

    fn answer(&self, load: &Load, answers: &Answers) -> Answer {
        if !self.is_doubtful() {
            return Answer::LeavesOff;
        }
        *answers.get(&load.key()).unwrap_or(&Answer::Unclear)
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
        match (said(Answer::TurnsOn), said(Answer::Unclear)) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }

    /// The module that turned the GIL on: nothing after it was loaded with the GIL off. One
    /// that imports another while it is created itself comes after that one.
    fn first_offender(&self, answers: &Answers) -> Option<&Load> {
        let is_offender = |load: &&Load| self.answer(load, answers) == Answer::TurnsOn;
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
mod tests {
    use super::*;
    use crate::gil::report::tests::report;

    /// `a` and `b` turn the GIL on, `ok` does not, everything else is unclear.
    fn answers() -> Answers {
        let all = [
            ("a", Answer::TurnsOn),
            ("b", Answer::TurnsOn),
            ("ok", Answer::LeavesOff),
        ];
        let all = all.map(|(name, answer)| ((name.to_owned(), format!("/{name}.so")), answer));
        all.into_iter().collect()
    }

    /// Judges a report whose direct child is 7: the verdict, then the offenders, `!` the first
    /// of a process, `?` unclear.
    fn check(text: &str, expected: &str) {
        let judged = judge(&report(text), 7, &answers());
        let verdict = serde_json::to_value(judged.verdict).expect("a name");
        let mut words = vec![verdict.as_str().expect("text").to_owned()];
        let marked = |one: &Offender| one.module.clone() + if one.first { "!" } else { "" };
        words.extend(judged.offenders.iter().map(marked));
        words.extend(judged.unclear.iter().map(|one| one.module.clone() + "?"));
        assert_eq!(words.join(" "), expected, "{text}\n{judged:#?}");
    }

    const FREE: &str = "start 7 1 0 - '/t' '3.14.7' '/'\n";
    const GIL: &str = "start 7 0 1 - '/g' '3.14.7' '/'\n";

    #[test]
    fn the_last_word_of_an_interpreter_counts() {
        check("", "unchecked");
        check(&format!("{FREE}end 7 0"), "gil-off");
        check(&format!("{FREE}end 7 1"), "gil-on");
        check(
            &format!("{FREE}load 7 0 'ok' '/ok.so' ''\nend 7 0"),
            "gil-off",
        );
        // -X gil=0 keeps it off, whatever is loaded.
        check(
            &format!("{FREE}load 7 0 'a' '/a.so' ''\nend 7 0"),
            "gil-off",
        );
        // -X gil=1: no module is to blame.
        let forced = "start 7 1 1 1 '/t' '3.14.7' '/'\n";
        check(
            &format!("{forced}load 7 1 'a' '/a.so' ''\nend 7 1"),
            "gil-on",
        );
        check(&format!("{FREE}subend 7 1\nend 7 0"), "gil-on");
    }

    #[test]
    fn every_module_is_named_and_the_first_is_known() {
        check(
            &format!(
                "{FREE}load 7 0 'ok' '/ok.so' ''\nload 7 0 'a' '/a.so' ''
                 load 7 1 'b' '/b.so' ''\nload 7 1 'a' '/a.so' ''\nend 7 1"
            ),
            "gil-on a! b",
        );
        // `a` is created, and imports `b` before it is done.
        check(
            &format!(
                "{FREE}load 7 0 'a' '/a.so' ''\nload 7 1 'b' '/b.so' 'a|/a.so|0||create'\nend 7 1"
            ),
            "gil-on a b!",
        );
        // `a` was created before it is executed.
        check(
            &format!(
                "{FREE}load 7 0 'a' '/a.so' ''\nload 7 1 'b' '/b.so' 'a|/a.so|0||exec'\nend 7 1"
            ),
            "gil-on a! b",
        );
        check(
            &format!("{FREE}load 7 0 'x' '/x.so' ''\nload 7 1 'b' '/b.so' ''\nend 7 1"),
            "gil-on b! x?",
        );
    }

    #[test]
    fn without_a_last_word_the_loads_tell() {
        check(FREE, "gil-off");
        check(&format!("{FREE}load 7 0 'ok' '/ok.so' ''"), "gil-off");
        check(&format!("{FREE}load 7 0 'a' '/a.so' ''"), "gil-on a!");
        check(&format!("{FREE}load 7 0 'x' '/x.so' ''"), "unchecked x?");
        check(
            &format!(
                "{FREE}load 7 0 'ok' '/ok.so' ''\nfork 8 7 0\nload 8 0 'b' '/b.so' ''\nend 7 0"
            ),
            "gil-on b!",
        );
    }

    #[test]
    fn what_was_asked_for_holds_whatever_is_loaded() {
        let off = "start 7 1 0 0 '/t' '3.14.7' '/'\n";
        check(&format!("{off}load 7 0 'a' '/a.so' ''"), "gil-off");
        check(&format!("{off}load 7 0 'x' '/x.so' ''"), "gil-off");
        let on = "start 7 1 1 1 '/t' '3.14.7' '/'\n";
        check(&format!("{on}load 7 1 'a' '/a.so' ''"), "gil-on");
    }

    #[test]
    fn free_threaded_interpreters_count_and_others_only_where_they_are_the_command() {
        let helper = "start 8 0 1 - '/usr/bin/python3' '3.9.1' '/'\n";
        check(&format!("{FREE}{helper}end 7 0"), "gil-off");
        check(&format!("{GIL}end 7 1"), "gil-on");
        check(helper, "gil-on");
        let worker = "start 8 1 0 - '/t' '3.14.7' '/'\n";
        check(&format!("{GIL}{worker}end 8 0"), "gil-on");
        check(
            &format!("{FREE}{worker}load 8 0 'a' '/a.so' ''\nend 8 1\nend 7 0"),
            "gil-on a!",
        );
        // A launcher that becomes the right one by an exec.
        check(&format!("{GIL}{FREE}end 7 0"), "gil-off");
        check(&format!("{FREE}end 7 0\n{GIL}"), "gil-on");
    }

    #[test]
    fn only_what_is_in_doubt_is_loaded_again() {
        let asked = |text: &str| suspects(&report(text));
        assert!(asked(&format!("{FREE}load 7 0 'a' '/a.so' ''\nend 7 0")).is_empty());
        assert!(asked(&format!("{FREE}end 7 1")).is_empty());
        let found = asked(&format!(
            "{FREE}path 7 '|/x'\nload 7 0 'a' '/a.so' ''\nload 7 0 'a' '/a.so' ''
             start 8 1 0 - '/t' '3.14.7' '/'\npath 8 '/y|/x'\nload 8 1 'b' '/b.so' ''\nend 7 1"
        ));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].path, ["", "/x", "/y"]);
        let names: Vec<&str> = found[0]
            .modules
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
    }
}
