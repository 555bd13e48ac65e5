//! Parses the lines that the hook writes. Pure.
//!
//! One record per line, written immediately, so a killed process has reported what it knew:
//!
//! ```text
//! start  PID FREE GIL ASKED executable version directory
//! fork   PID PARENT GIL                 the process is a copy of its parent
//! path   PID entries                    sys.path by NUL, before the next load if it changed
//! load   PID GIL module file chain      an extension module is about to be loaded
//! end    PID GIL                        the final state: at exit, or before an exec
//! subend PID GIL                        the final state of a subinterpreter
//! leave  PID EXEC HOOK executable arguments
//!                                       a Python without the hook is about to be started
//!                                       (EXEC: in this process); HOOK: whether its
//!                                       environment contains the hook
//! ```
//!
//! Capitals are numbers, everything else is hex-encoded text. ASKED is the value of `-X gil` or
//! PYTHON_GIL, or `-`. A chain has five fields per step, separated by NUL.

use crate::gil::seen::{Note, Unwatched};
use crate::probe::unhex;
use serde::Serialize;
use std::collections::BTreeMap;

/// Every interpreter that reported, in start order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GilReport {
    /// One entry per start and per fork; a process that becomes another Python by an exec has two.
    pub processes: Vec<Process>,
    /// The Pythons started without the hook.
    pub notes: Vec<Note>,
    /// The Pythons found to have run without the hook.
    pub unwatched: Vec<Unwatched>,
}

/// One interpreter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// `sys.executable`
    pub executable: String,
    /// `3.14.7`
    pub version: String,
    /// The directory it was started in.
    pub directory: String,
    /// Whether it is a free-threaded build.
    pub is_free_threaded: bool,
    /// The explicit setting, whatever is loaded: `-X gil=1` is on, `PYTHON_GIL=0` is off.
    pub asked_on: Option<bool>,
    /// Whether the GIL was on when it started.
    pub started_on: bool,
    /// `sys.path`, separated by NUL, when it last loaded a module.
    pub path: String,
    /// The modules it loaded, including those of the process it was forked from before the fork.
    pub loads: Vec<Load>,
    /// Whether the GIL was on at exit; `None` if it was killed or left by `os._exit`.
    pub ended_on: Option<bool>,
}

/// An extension module that was about to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// `package.module`
    pub module: String,
    /// The file.
    pub file: String,
    /// The import chain, from the program's main file to the line that imports the module. Empty if
    /// it was loaded before the hook, by a `.pth` file.
    pub chain: Vec<Step>,
    /// Whether the GIL was on, possibly only while another module was being loaded.
    pub was_on: bool,
}

/// A step of an import chain: a line that imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `__name__` of the importing module.
    pub module: String,
    /// The file.
    pub file: String,
    /// The line; 0 in an extension module.
    pub line: u32,
    /// `<module>`, or the function containing the import.
    pub function: String,
    /// Whether the importing module is an extension that was just being created, and turned the GIL
    /// on only after the modules that it imports.
    #[serde(skip)]
    pub is_being_created: bool,
}

impl GilReport {
    /// Parses the hook's output. Invalid lines are skipped, as the disk may have been full.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut report = Self::default();
        // Maps a pid to its current process, because pids are reused.
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
                // It continued after its final state: the exec that it announced failed.
                self.ended_on = None;
            }
            ("end", [gil]) => self.ended_on = Some(is_on(gil)),
            // On in one subinterpreter counts as on.
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

    /// Parses a report in which quoted text stands for hex: `load 7 0 'a' '/a.so' 'x|/x|1|f|'`.
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
    fn every_record_is_assigned_to_its_process() {
        let report = report(
            "start 7 1 0 - '/bin/python' '3.14.7' '/home'
             path 7 '/x|/y'
             load 7 0 'p.a' '/a.so' '__main__|/app.py|3|<module>||p|/p.so|0||create'
             fork 8 7 0
             load 8 1 'b' '/b.so' ''
             load 9 1 'of an unknown process' '/c.so' ''
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
    fn a_load_after_the_final_state_revokes_it() {
        // A failed exec, as tried along PATH.
        let report = report("start 7 1 0 - '/t' '3.14.7' '/'\nend 7 0\nload 7 0 'a' '/a.so' ''");
        assert_eq!(report.processes[0].ended_on, None);
    }

    #[test]
    fn a_truncated_report_is_parsed_as_far_as_possible() {
        assert_eq!(GilReport::parse(""), GilReport::default());
        assert_eq!(GilReport::parse("start 7 1 0").processes.len(), 0);
        assert_eq!(GilReport::parse("start x 1 0 - - - -").processes.len(), 0);
        assert_eq!(GilReport::parse("start 7 1 0 - - - -").processes.len(), 1);
    }
}
