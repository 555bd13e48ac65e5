//! What the hook wrote: lines into processes. Pure.
//!
//! One record a line, written at once, so that a process that is killed has said what it knew:
//!
//! ```text
//! start  PID FREE GIL ASKED executable version directory
//! fork   PID PARENT GIL                 the process is a copy of another
//! path   PID entries                    sys.path by NUL, before the next load, if it changed
//! load   PID GIL module file chain      an extension module is about to be loaded
//! end    PID GIL                        the last word: at exit, or before an exec
//! subend PID GIL                        the same of a subinterpreter
//! leave  PID EXEC HOOK executable arguments
//!                                       a Python that the hook will not be in is about to be
//!                                       started (EXEC: in this process); HOOK: its environment
//!                                       leads to the hook
//! ```
//!
//! Capitals are numbers, the rest is text as hex. ASKED is what `-X gil` or PYTHON_GIL say, `-`
//! if neither is there. A chain is five fields a step, by NUL.

use crate::gil::seen::{Note, Unwatched};
use crate::probe::unhex;
use serde::Serialize;
use std::collections::BTreeMap;

/// Every interpreter that reported, in the order in which they started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GilReport {
    /// One for each start and each fork; a process that starts another Python by an exec is
    /// two.
    pub processes: Vec<Process>,
    /// What they started without the hook.
    pub notes: Vec<Note>,
    /// What ran without the hook in the end.
    pub unwatched: Vec<Unwatched>,
}

/// One interpreter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// The process.
    pub pid: u32,
    /// `sys.executable`
    pub executable: String,
    /// `3.14.7`
    pub version: String,
    /// Where it was started.
    pub directory: String,
    /// Whether it is a free-threaded build.
    pub is_free_threaded: bool,
    /// What it was asked for, whatever is loaded: `-X gil=1` is on, `PYTHON_GIL=0` is off.
    pub asked_on: Option<bool>,
    /// Whether the GIL was on when it started.
    pub started_on: bool,
    /// `sys.path`, its entries separated by NUL, when it last loaded something.
    pub path: String,
    /// What it loaded, and before it the process that it was forked from.
    pub loads: Vec<Load>,
    /// Its last word: whether the GIL was on. None if it was killed or left by `os._exit`.
    pub ended_on: Option<bool>,
}

/// An extension module that was about to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// `package.module`
    pub module: String,
    /// Its file.
    pub file: String,
    /// Who imports whom, from the program's own file to the line that imports the module.
    /// Empty where it was loaded before anything could watch: by a `.pth` file.
    pub chain: Vec<Step>,
    /// Whether the GIL was on, perhaps for as long as another module was being loaded.
    pub was_on: bool,
}

/// One step of a chain: a line that imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `__name__` of the importing module.
    pub module: String,
    /// The file.
    pub file: String,
    /// The line; 0 in an extension module, which has none.
    pub line: u32,
    /// `<module>`, or the function that imports.
    pub function: String,
    /// Whether the importing module is an extension that was just being created itself, and
    /// turned the GIL on only after the modules that it imports.
    #[serde(skip)]
    pub is_being_created: bool,
}

impl GilReport {
    /// Reads what the hook wrote. A line that makes no sense is left out: a disk may be full.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut report = Self::default();
        // The number of the process that a pid means now.
        let mut now: BTreeMap<u32, usize> = BTreeMap::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            let [kind, pid, rest @ ..] = fields.as_slice() else {
                continue;
            };
            let Ok(pid) = pid.parse() else {
                continue;
            };
            let begun = match (*kind, rest) {
                ("start", rest) => started(pid, rest),
                ("fork", [parent, gil]) => {
                    let parent = parent.parse().ok().and_then(|parent: u32| now.get(&parent));
                    parent.map(|parent| forked(pid, &report.processes[*parent], is_on(gil)))
                }
                ("leave", rest) => {
                    let after = report.processes.len();
                    report.notes.extend(left(pid, rest, after));
                    None
                }
                _ => {
                    if let Some(number) = now.get(&pid) {
                        report.processes[*number].add(kind, rest);
                    }
                    None
                }
            };
            if let Some(process) = begun {
                now.insert(pid, report.processes.len());
                report.processes.push(process);
            }
        }
        report
    }
}

impl Process {
    fn add(&mut self, kind: &str, fields: &[&str]) -> Option<()> {
        match (kind, fields) {
            ("path", [path]) => self.path = unhex(path)?,
            ("load", [gil, module, file, chain]) => {
                self.loads.push(Load {
                    module: unhex(module)?,
                    file: unhex(file)?,
                    chain: steps(&unhex(chain)?),
                    was_on: is_on(gil),
                });
                // It was not the last word: the exec that it announced failed.
                self.ended_on = None;
            }
            ("end", [gil]) => self.ended_on = Some(is_on(gil)),
            // On in one of its interpreters is on.
            ("subend", [gil]) => self.started_on |= is_on(gil),
            _ => {}
        }
        Some(())
    }
}

fn started(pid: u32, fields: &[&str]) -> Option<Process> {
    let [free, gil, asked, executable, version, directory] = fields else {
        return None;
    };
    Some(Process {
        pid,
        executable: unhex(executable)?,
        version: unhex(version)?,
        directory: unhex(directory)?,
        is_free_threaded: is_on(free),
        asked_on: (*asked != "-").then(|| is_on(asked)),
        started_on: is_on(gil),
        ..Process::default()
    })
}

fn left(pid: u32, fields: &[&str], after: usize) -> Option<Note> {
    let [is_exec, has_hook, executable, arguments] = fields else {
        return None;
    };
    let arguments = unhex(arguments)?;
    Some(Note {
        pid,
        is_exec: is_on(is_exec),
        has_hook: is_on(has_hook),
        executable: unhex(executable)?,
        arguments: arguments.split('\0').map(str::to_owned).collect(),
        after,
    })
}

fn forked(pid: u32, parent: &Process, is_on: bool) -> Process {
    Process {
        pid,
        started_on: is_on,
        ended_on: None,
        ..parent.clone()
    }
}

fn is_on(field: &str) -> bool {
    field == "1"
}

fn steps(chain: &str) -> Vec<Step> {
    let fields: Vec<&str> = chain.split('\0').collect();
    let steps = fields.chunks_exact(5).map(|step| Step {
        module: step[0].to_owned(),
        file: step[1].to_owned(),
        line: step[2].parse().unwrap_or(0),
        function: step[3].to_owned(),
        is_being_created: step[4] == "create",
    });
    steps.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        if hex.is_empty() { "-".to_owned() } else { hex }
    }

    /// A report from lines in which text stands in quotes: `load 7 0 'a' '/a.so' 'x|/x|1|f|'`.
    pub(in crate::gil) fn report(text: &str) -> GilReport {
        let line = |line: &str| -> String {
            let parts = line.trim().split('\'').enumerate();
            let parts = parts.map(|(number, part)| match number % 2 {
                0 => part.to_owned(),
                _ => hex(&part.replace('|', "\0")),
            });
            parts.collect::<String>() + "\n"
        };
        GilReport::parse(&text.lines().map(line).collect::<String>())
    }

    #[test]
    fn every_record_finds_its_process() {
        let report = report(
            "start 7 1 0 - '/bin/python' '3.14.7' '/home'
             path 7 '/x|/y'
             load 7 0 'p.a' '/a.so' '__main__|/app.py|3|<module>||p|/p.so|0||create'
             fork 8 7 0
             load 8 1 'b' '/b.so' ''
             load 9 1 'of nobody' '/c.so' ''
             fork 10 9 0
             end 7 0
             start 7 0 1 - '/usr/bin/python' '3.9.1' '/'
             end 7
             load 7 zz
             rubbish",
        );
        let [first, fork, second] = report.processes.as_slice() else {
            panic!("{report:#?}");
        };
        assert_eq!((first.pid, fork.pid, second.pid), (7, 8, 7));
        assert_eq!(first.path, "/x\0/y");
        assert_eq!((first.loads.len(), first.ended_on), (1, Some(false)));
        assert_eq!((fork.loads.len(), fork.ended_on), (2, None));
        assert_eq!(fork.executable, "/bin/python");
        assert_eq!((first.asked_on, fork.asked_on), (None, None));
        assert!(fork.loads[1].was_on && fork.loads[1].chain.is_empty());
        assert!(!second.is_free_threaded && second.started_on && second.ended_on.is_none());
        let chain = &first.loads[0].chain;
        assert_eq!((chain[0].line, chain[0].function.as_str()), (3, "<module>"));
        assert!(!chain[0].is_being_created && chain[1].is_being_created);
    }

    #[test]
    fn what_is_loaded_after_a_last_word_takes_it_back() {
        // An exec that failed, as those along PATH do.
        let report = report("start 7 1 0 - '/t' '3.14.7' '/'\nend 7 0\nload 7 0 'a' '/a.so' ''");
        assert_eq!(report.processes[0].ended_on, None);
    }

    #[test]
    fn half_a_report_is_read_as_far_as_it_goes() {
        assert_eq!(GilReport::parse(""), GilReport::default());
        assert_eq!(GilReport::parse("start 7 1 0").processes.len(), 0);
        assert_eq!(GilReport::parse("start x 1 0 - - - -").processes.len(), 0);
        assert_eq!(GilReport::parse("start 7 1 0 - - - -").processes.len(), 1);
    }
}
